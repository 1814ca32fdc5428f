import { isDeepStrictEqual } from 'node:util'
import type { Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, SIDECAR, type Sidecar } from '../mappings/index.ts'
import type { SourceDocument } from '../workers/index.ts'
import { prepareDocument } from '../workers/prepare-document.ts'
import { RecentIds } from '../workers/recent-ids.ts'

const CHUNK_DOCUMENTS = 200
const CHUNK_BYTES = 5_000_000

/**
 * Leaves out the documents that the index holds already, field by field, with the vector of this text and this
 * fingerprint: a repeated run then costs a look at them and no encoding.
 *
 * @param onUnchanged called with the number of documents left out
 */
export async function* withoutUnchanged(
  client: Client,
  index: string,
  specification: IndexSpecification,
  documents: AsyncIterable<SourceDocument>,
  onUnchanged: (count: number) => void,
): AsyncGenerator<SourceDocument> {
  const recent = new RecentIds()
  for await (const chunk of chunks(documents, specification)) {
    const stored = await readStored(client, index, specification, chunk)
    const changed = chunk.filter(({ document, id, textHash }) => {
      // An id that comes again is passed on: the one before may be on its way and not stored yet, and the last wins.
      const isRepeated = recent.seen(id)
      const found = stored.get(id)
      return isRepeated || found === undefined || !isSame(found, document, textHash, specification)
    })
    if (changed.length < chunk.length) onUnchanged(chunk.length - changed.length)
    for (const { document } of changed) yield document
  }
}

interface Candidate {
  readonly document: SourceDocument
  readonly id: string
  /** Undefined for a document that cannot be one: it is passed on, so that its error is reported. */
  readonly textHash: string | undefined
}

async function* chunks(
  documents: AsyncIterable<SourceDocument>,
  specification: IndexSpecification,
): AsyncGenerator<Candidate[]> {
  let chunk: Candidate[] = []
  let bytes = 0
  for await (const document of documents) {
    const prepared = prepareDocument(document, specification)
    if ('reason' in prepared) chunk.push({ document, id: '', textHash: undefined })
    else {
      chunk.push({ document, id: prepared.id, textHash: prepared.textHash })
      bytes += prepared.bytes
    }
    if (chunk.length < CHUNK_DOCUMENTS && bytes < CHUNK_BYTES) continue
    yield chunk
    chunk = []
    bytes = 0
  }
  if (chunk.length > 0) yield chunk
}

type Source = Readonly<Record<string, unknown>>

async function readStored(
  client: Client,
  index: string,
  { sparse_field }: IndexSpecification,
  chunk: readonly Candidate[],
): Promise<Map<string, Source>> {
  const ids = chunk.filter(({ textHash }) => textHash !== undefined).map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const reply = await client.mget({ index, body: { ids }, _source_excludes: [sparse_field] })
  const found = new Map<string, Source>()
  for (const document of reply.body.docs) {
    if ('found' in document && document.found && document._source) found.set(document._id, document._source)
  }
  return found
}

function isSame(
  stored: Source,
  { source }: SourceDocument,
  textHash: string | undefined,
  { fingerprint, sparse_field }: IndexSpecification,
): boolean {
  const sidecar = stored[SIDECAR] as Sidecar | undefined
  const isSettled = sidecar?.state === 'ready' || sidecar?.state === 'empty'
  if (!isSettled || sidecar.fingerprint !== fingerprint || sidecar.text_hash !== textHash) return false
  const own = ({ [SIDECAR]: _, [sparse_field]: __, ...rest }: Source) => rest
  return isDeepStrictEqual(own(stored), own(source))
}
