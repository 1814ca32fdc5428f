import type { API, Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { isNotFound } from '../../opensearch/failures/transient.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import { refreshAll } from '../../opensearch/shard-changes.ts'
import { keyOf, readDocuments, type StoredDocument } from '../documents/read-documents.ts'
import { DEAD_LETTERS, type DeadLetter, type ReasonClass, type Standing, standing } from './dead-letter.ts'
import { removeLetters, type StoredLetter } from './dead-letter-store.ts'

/** Selects letters; every given part has to match. */
export interface LetterFilter {
  readonly reason?: ReasonClass | undefined
  /** Index or alias. */
  readonly index?: string | undefined
  readonly id?: string | undefined
  /** Failed at least this many seconds ago. */
  readonly olderThanSeconds?: number | undefined
  /** Failed at most this many seconds ago. */
  readonly newerThanSeconds?: number | undefined
}

/** A letter with the present standing of its document, without the document's text. */
export interface VerifiedLetter extends StoredLetter {
  readonly standing: Standing
  readonly document: StoredDocument | undefined
}

const PAGE = 500
const KEEP_ALIVE = '5m'

/**
 * Letters with the present standing of their documents, newest first; one page is in memory at a time.
 *
 * @throws LexpandError SERVICE or INDEX when the engine cannot be asked
 */
export async function* verifiedLetters(
  client: Client,
  filter: LetterFilter,
): AsyncGenerator<VerifiedLetter[]> {
  for await (const page of letterPages(client, filter)) yield await verified(client, page)
}

/**
 * Letters that still apply. Letters of documents that are gone, have another text or have a vector by now are removed,
 * so that no letter stands for a ready document.
 */
export async function* standingLetters(
  client: Client,
  filter: LetterFilter,
): AsyncGenerator<VerifiedLetter[]> {
  for await (const page of verifiedLetters(client, filter)) {
    const isObsolete = (letter: VerifiedLetter) => letter.standing === 'gone' || letter.standing === 'changed'
    await removeLetters(client, page.filter(isObsolete))
    yield page.filter((letter) => !isObsolete(letter))
  }
}

/** Letters as they are stored, newest first. */
export async function* letterPages(client: Client, filter: LetterFilter): AsyncGenerator<StoredLetter[]> {
  const query = await queryOf(client, filter)
  let pit: string | undefined
  try {
    await refreshAll(client, DEAD_LETTERS)
    const opened = await client.createPit({ index: [DEAD_LETTERS], keep_alive: KEEP_ALIVE })
    pit = opened.body.pit_id
    for (let after: unknown; ; ) {
      const reply: API.Search_Response = await internalSearch(client, {
        body: {
          size: PAGE,
          pit: { id: pit, keep_alive: KEEP_ALIVE },
          query,
          // The order is unique, since the index of letters has one shard; `_shard_doc` is not known before 3.3.
          sort: [{ failed_at: 'desc' }, { _seq_no: 'asc' }],
          ...(after === undefined ? {} : { search_after: after }),
          seq_no_primary_term: true,
          track_total_hits: false,
        },
      })
      pit = reply.body.pit_id ?? pit
      const hits = reply.body.hits.hits as unknown as readonly Hit[]
      if (hits.length > 0) yield hits.map(toStored)
      if (hits.length < PAGE) return
      after = hits.at(-1)?.sort
    }
  } catch (error) {
    // The index of letters is made with the first letter.
    if (isNotFound(error)) return
    throw translateEngineError(error, { part: 'dead letters', index: DEAD_LETTERS })
  } finally {
    if (pit !== undefined) await client.deletePit({ body: { pit_id: [pit] } }).catch(() => {})
  }
}

interface Hit {
  readonly _id: string
  readonly _seq_no: number
  readonly _primary_term: number
  readonly _source: DeadLetter
  readonly sort?: readonly unknown[] | undefined
}

function toStored({ _id, _seq_no, _primary_term, _source }: Hit): StoredLetter {
  return { letterId: _id, seqNo: _seq_no, primaryTerm: _primary_term, letter: _source }
}

async function queryOf(client: Client, filter: LetterFilter): Promise<object> {
  const { reason, index, id, olderThanSeconds, newerThanSeconds } = filter
  const parts: object[] = []
  if (reason !== undefined) parts.push({ term: { reason_class: reason } })
  if (id !== undefined) parts.push({ term: { id } })
  if (index !== undefined) parts.push({ terms: { index: [index, ...(await behindAlias(client, index))] } })
  if (olderThanSeconds !== undefined)
    parts.push({ range: { failed_at: { lte: `now-${olderThanSeconds}s` } } })
  if (newerThanSeconds !== undefined)
    parts.push({ range: { failed_at: { gte: `now-${newerThanSeconds}s` } } })
  return { bool: { filter: parts } }
}

/** Concrete indices behind a name, since letters name concrete indices. A deleted index is behind no alias, but may have letters. */
async function behindAlias(client: Client, name: string): Promise<string[]> {
  const reply = await client.indices.getAlias({ index: name }, { ignore: [404] }).catch((error: unknown) => {
    throw translateEngineError(error, { part: 'dead letters', index: name })
  })
  return reply.statusCode === 404 ? [] : Object.keys(reply.body)
}

async function verified(client: Client, page: readonly StoredLetter[]): Promise<VerifiedLetter[]> {
  const documents = new Map<string, StoredDocument>()
  for (const [index, letters] of Map.groupBy(page, ({ letter }) => letter.index)) {
    const stored = await readDocuments(
      client,
      index,
      [],
      letters.map(({ letter: { id, routing } }) => ({ id, routing })),
    )
    for (const document of stored) documents.set(`${index} ${keyOf(document)}`, document)
  }
  return page.map((stored) => {
    const document = documents.get(`${stored.letter.index} ${keyOf(stored.letter)}`)
    return { ...stored, document, standing: standing(stored.letter, document) }
  })
}
