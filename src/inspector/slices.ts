/** Long work in short slices, so that the page answers meanwhile. */

/** How long a slice may take. A frame at 60 Hz has 16 ms. */
const SLICE_MS = 12;

/**
 * Takes items one by one, with a pause after each slice.
 *
 * @param isWanted asked after each pause: when no longer, the rest is left
 * @returns whether all were taken
 */
export async function inSlices<Item>(
  items: Iterable<Item>,
  take: (item: Item) => void,
  { isWanted, progress, now }: { isWanted: () => boolean; progress: () => void; now: () => number },
): Promise<boolean> {
  let end = now() + SLICE_MS;
  for (const item of items) {
    take(item);
    if (now() < end) continue;
    progress();
    await pause();
    if (!isWanted()) return false;
    end = now() + SLICE_MS;
  }
  // What is done with it all is another slice.
  await pause();
  return isWanted();
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
