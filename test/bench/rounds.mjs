// Compares contenders in one process: every round runs all of them, in rotating order, on the same pool of inputs. Only
// the ratios of medians mean anything; absolute times depend on the machine and its load.

/**
 * @param {Record<string, (index: number) => unknown>} contenders
 * @param {{ pool: number, rounds: number, repeats?: number }} options
 * @returns {Record<string, number>} the median time of one call in microseconds
 */
export function measure(contenders, { pool, rounds, repeats = 3 }) {
  const names = Object.keys(contenders);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const warmUp = 3;
  for (let round = -warmUp; round < rounds; round++) {
    for (let k = 0; k < names.length; k++) {
      const name = names[(k + round + warmUp) % names.length];
      const run = contenders[name];
      const start = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) for (let i = 0; i < pool; i++) keep(run(i));
      const elapsed = performance.now() - start;
      if (round >= 0) times[name].push((elapsed * 1000) / (repeats * pool));
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])]));
}

let kept;
/** Uses a result, so that the engine cannot leave out the work for it. */
function keep(value) {
  kept = value;
  return kept;
}

/** Returns the median of a list of numbers: the upper one if their count is even. */
export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}
