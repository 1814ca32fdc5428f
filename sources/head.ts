/** Reads the first bytes of a stream; the second value gives the whole stream, including them. */
export async function startingWith(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<[Uint8Array, AsyncIterable<Uint8Array>]> {
  let length = 0
  const [head, whole] = await readAhead(chunks, (read) => {
    length += read.at(-1)?.length ?? 0
    return length >= bytes
  })
  return [Buffer.concat(head).subarray(0, bytes), whole]
}

/**
 * Reads the first items of a stream; the second value gives the whole stream, including them.
 *
 * @param isEnough is asked before each item, with the items read so far
 */
export async function readAhead<T>(
  items: AsyncIterable<T>,
  isEnough: (head: readonly T[]) => boolean,
): Promise<[T[], AsyncIterable<T>]> {
  const iterator = items[Symbol.asyncIterator]()
  const head: T[] = []
  while (!isEnough(head)) {
    const next = await iterator.next()
    if (next.done === true) break
    head.push(next.value)
  }
  async function* whole(): AsyncGenerator<T> {
    try {
      yield* head
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return [head, whole()]
}
