import type { Client } from '@opensearch-project/opensearch'
import { seededRandom } from '../bench/seeded-random.ts'
import { type IndexSpecification, textHash } from '../mappings/index.ts'

/** A document with a vector made up for tests: the words of its text and a few others. */
export interface SampleDocument {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly group: number
  readonly vector: Readonly<Record<string, number>>
}

const WORDS =
  'wing flight bird river stone light water engine query index search weight token shard paper study cell protein gene virus heart blood music song city road train bridge winter summer garden flower market price money bank law court vote party war peace king queen book story film actor school child teacher doctor nurse patient'.split(
    ' ',
  )

/** The same documents on every run: weights and lengths differ enough that equal scores are rare. */
export function sampleDocuments(count: number): SampleDocument[] {
  const random = seededRandom(7)
  const word = () => WORDS[Math.floor(random() ** 1.7 * WORDS.length)] ?? ''
  return Array.from({ length: count }, (_, at) => {
    const title = Array.from({ length: 2 + Math.floor(random() * 4) }, word).join(' ')
    const body = Array.from({ length: 5 + Math.floor(random() * 60) }, word).join(' ')
    const pieces = new Set([...title.split(' '), ...body.split(' '), word(), word(), word()])
    const vector = Object.fromEntries(
      Array.from(pieces, (piece) => [piece, Number((0.05 + random() * 3).toPrecision(5))]),
    )
    return { id: `doc-${at}`, title, body, group: at % 5, vector }
  })
}

/** Queries of one to six of the words. */
export function sampleQueries(count: number): string[] {
  const random = seededRandom(11)
  return Array.from({ length: count }, () =>
    Array.from(
      { length: 1 + Math.floor(random() * 6) },
      () => WORDS[Math.floor(random() * WORDS.length)],
    ).join(' '),
  )
}

/** Stores documents as the write-back leaves them, `ready`. */
export async function storeReady(
  client: Client,
  index: string,
  specification: IndexSpecification,
  documents: readonly SampleDocument[],
): Promise<void> {
  const body = documents.flatMap(({ id, vector, ...source }) => [
    { index: { _index: index, _id: id } },
    {
      ...source,
      [specification.sparse_field]: vector,
      lexpand: {
        state: 'ready',
        text_hash: textHash(source, specification.fields),
        fingerprint: specification.fingerprint,
      },
    },
  ])
  const reply = await client.bulk({ body, refresh: true, pipeline: '_none' })
  if (reply.body.errors) throw new Error(`bulk failed: ${JSON.stringify(reply.body.items[0])}`)
}
