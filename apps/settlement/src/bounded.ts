/** Maps items with at most `width` promises under way; the answers keep the items' order. The first failure fails all. */
export async function mapBounded<T, U>(
  items: readonly T[],
  width: number,
  each: (item: T) => Promise<U>,
): Promise<U[]> {
  const answers = new Array<U>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) answers[at] = await each(items[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return answers;
}
