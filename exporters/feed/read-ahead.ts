/**
 * The same items, each asked for while the one before is still being used: reading and using overlap, one item deep. An
 * error comes where its item would have come. `onLeave` is called when the reader leaves: it must
 * end a source that may be waiting.
 */
export async function* readAhead<Item>(
  items: AsyncIterator<Item, void>,
  onLeave: () => void,
): AsyncGenerator<Item, void, void> {
  let next = items.next();
  try {
    for (let result = await next; !result.done; result = await next) {
      next = items.next();
      // Not lost: it is awaited above, unless the reader has left by then.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    onLeave();
    await next.catch(() => {});
    await items.return?.();
  }
}
