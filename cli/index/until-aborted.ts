/** The items up to an abort. A silent source (an idle pipe) does not delay the end: its last requested item is dropped. */
export async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]()
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  try {
    while (!signal.aborted) {
      const next = await Promise.race([iterator.next(), aborted])
      if (next === undefined || next.done === true) return
      yield next.value
    }
  } finally {
    // Not awaited: it would wait for the item that an idle source never gives.
    if (iterator.return !== undefined) void Promise.resolve(iterator.return()).catch(() => undefined)
  }
}
