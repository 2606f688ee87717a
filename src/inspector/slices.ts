/** Runs long work in short slices, so that the page stays responsive. */

/** The longest time that a slice may take. A frame at 60 Hz takes 16 ms. */
const SLICE_MS = 12;

/**
 * Calls a function for each item, with a pause after each slice.
 *
 * @param isWanted is asked after each pause; when it returns false, the remaining items are skipped
 * @param progress is called before each pause between slices
 * @returns whether all items were processed and the result is still wanted
 */
export async function forEachInSlices<Item>(
  items: Iterable<Item>,
  handle: (item: Item) => void,
  { isWanted, progress, now }: { isWanted: () => boolean; progress: () => void; now: () => number },
): Promise<boolean> {
  let end = now() + SLICE_MS;
  for (const item of items) {
    handle(item);
    if (now() < end) continue;
    progress();
    await nextTask();
    if (!isWanted()) return false;
    end = now() + SLICE_MS;
  }
  // What the caller does with the items afterwards is a slice of its own.
  await nextTask();
  return isWanted();
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
