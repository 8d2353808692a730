/** The results in order, while up to `ahead` of them are worked on at once. */
export async function* mapAhead<From, To>(
  source: AsyncIterable<From>,
  work: (item: From) => Promise<To>,
  ahead: number,
): AsyncGenerator<To> {
  const pending: Promise<To>[] = [];
  for await (const item of source) {
    const result = work(item);
    // Told where it is awaited, in its turn.
    result.catch(() => {});
    pending.push(result);
    const first = pending.length >= ahead ? pending.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const result of pending) yield await result;
}
