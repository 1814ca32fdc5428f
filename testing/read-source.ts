import { Readable } from 'node:stream'
import type { OnProblem, SourceProblem, SourceRecord } from '../sources/record.ts'

/** Reads content, cut into chunks, with a reader of sources. Test code. */
export async function readSource(
  reader: (chunks: AsyncIterable<Uint8Array>, onProblem: OnProblem) => AsyncIterable<SourceRecord>,
  content: string | Uint8Array,
  chunkSize = 1000,
): Promise<{ records: SourceRecord[]; problems: SourceProblem[] }> {
  const bytes = Buffer.from(content)
  const chunks: Buffer[] = []
  for (let start = 0; start < bytes.length; start += chunkSize)
    chunks.push(bytes.subarray(start, start + chunkSize))
  const problems: SourceProblem[] = []
  const records = await collect(reader(Readable.from(chunks), (problem) => problems.push(problem)))
  return { records, problems }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
