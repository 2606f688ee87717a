/** Waits and measurements that do not depend on the machine's speed or load: generous limits, and ratios of times. */

/** Options for `vi.waitFor`: a generous limit, and frequent checks. */
export const PATIENTLY = { timeout: 25_000, interval: 10 };

/**
 * Returns the shortest time of each piece of work, in ms, over several interleaved rounds.
 *
 * Measures CPU time, not elapsed time: on a busy machine, other processes interrupt all but the shortest work.
 */
async function shortestTimes(...works: readonly (() => unknown)[]): Promise<number[]> {
  const times = works.map(() => Infinity);
  for (let round = 0; round < 15; round++) {
    for (const [index, work] of works.entries()) {
      const start = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(start);
      times[index] = Math.min(times[index]!, (user + system) / 1000);
    }
  }
  return times;
}

/** Returns how many times as long one piece of work takes as another. */
export async function timesAsLong(work: () => unknown, other: () => unknown): Promise<number> {
  const [workMs = NaN, otherMs = NaN] = await shortestTimes(work, other);
  return workMs / otherMs;
}

/**
 * Returns how many times as long the work takes on an input that is four times as long.
 *
 * For a linear cost this may be well above 4. For a quadratic cost it is 16.
 */
export function growthOf<Input>(work: (input: Input) => unknown, short: Input, long: Input): Promise<number> {
  return timesAsLong(
    () => work(long),
    () => work(short),
  );
}

/** An upper bound on {@link growthOf} for a linear cost. */
export const LINEAR = 10;
