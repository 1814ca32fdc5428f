/** Reads the first bytes of a stream; the second value gives the whole stream, including them. */
export async function startingWith(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<[Uint8Array, AsyncIterable<Uint8Array>]> {
  const iterator = chunks[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  for (let length = 0; length < bytes; ) {
    const next = await iterator.next()
    if (next.done === true) break
    head.push(next.value)
    length += next.value.length
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      yield* head.splice(0)
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return [Buffer.concat(head).subarray(0, bytes), whole()]
}
