/**
 * What tests have to do with time, so that neither a slow nor a busy machine matters: long waits, and times that are
 * compared.
 */

/** For `vi.waitFor`: a long wait, which ends as soon as what it waits for is there. */
export const PATIENTLY = { timeout: 25_000, interval: 10 };

/**
 * Returns the shortest time of each piece of work, in ms, out of several rounds in which they take turns.
 *
 * Time of this process, not of the clock: on a busy machine, only short work ends before others get their turn.
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
 * That may be a good deal more than 4. Where the cost grows with the square, it is 16.
 */
export function growthOf<Input>(work: (input: Input) => unknown, short: Input, long: Input): Promise<number> {
  return timesAsLong(
    () => work(long),
    () => work(short),
  );
}

/** What {@link growthOf} stays below where the cost is linear. */
export const LINEAR = 10;
