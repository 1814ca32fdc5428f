import type { API, Client } from '@opensearch-project/opensearch'
import { acknowledged } from '../../opensearch/failures/acknowledged.ts'
import { outcomeOf } from '../../opensearch/failures/bulk-outcome.ts'
import { EngineDenied } from '../../opensearch/failures/denied.ts'
import { engineCause } from '../../opensearch/failures/engine-cause.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import type { EngineFailure } from '../../opensearch/failures/engine-failure.ts'
import { EngineBusy } from '../../opensearch/failures/transient.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import { OWN_INDEX_SETTINGS } from '../../opensearch/own-index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { keyOf } from '../documents/read-documents.ts'
import { DEAD_LETTERS, type DeadLetter, deadLetterId, deadLetterMapping } from './dead-letter.ts'

/** A letter with the version at which it was read or written: only that version is ever removed. */
export interface LetterVersion {
  readonly letterId: string
  readonly seqNo: number
  readonly primaryTerm: number
}

export interface StoredLetter extends LetterVersion {
  readonly letter: DeadLetter
}

const PLACE = { part: 'dead letters', index: DEAD_LETTERS }

interface Named {
  readonly id: string
  readonly routing?: string | undefined
}

/**
 * Increases the number of attempts when the same text fails again, but not when a job is repeated for the same version.
 * The source of the script is constant, so the engine compiles it once.
 */
const SCRIPT = `
def old = ctx._source;
def tried = params.letter.attempts;
if (old.text_hash == params.letter.text_hash) {
  if (old.seq_no != params.letter.seq_no) { tried += old.attempts }
  else if (old.attempts > tried) { tried = old.attempts }
}
ctx._source.clear();
ctx._source.putAll(params.letter);
ctx._source.attempts = tried`

/**
 * Reads the letters of some documents of one index in real time.
 *
 * @returns letters by `keyOf` the document; most documents have none
 * @throws LexpandError SERVICE when the engine cannot say
 */
export async function findLetters(
  client: Client,
  index: string,
  documents: readonly Named[],
): Promise<Map<string, StoredLetter>> {
  const found = new Map<string, StoredLetter>()
  if (documents.length === 0) return found
  const ids = documents.map(({ id, routing }) => deadLetterId(index, id, routing))
  const reply = await client
    .mget({ index: DEAD_LETTERS, body: { docs: ids.map((_id) => ({ _id })) } })
    .catch((error: unknown) => {
      throw translateEngineError(error, PLACE)
    })
  for (const [at, doc] of reply.body.docs.entries()) {
    if ('error' in doc) {
      // The index of letters is made with the first letter.
      if (doc.error.type === 'index_not_found_exception') return found
      if (doc.error.type === 'security_exception')
        throw EngineDenied.of(403, doc.error as EngineFailure, PLACE)
      throw new EngineBusy('dead letters', DEAD_LETTERS, doc.error.reason ?? doc.error.type)
    }
    if (!doc.found) continue
    found.set(keyOf(documents[at] as Named), {
      letterId: doc._id,
      seqNo: doc._seq_no ?? -1,
      primaryTerm: doc._primary_term ?? -1,
      letter: doc._source as unknown as DeadLetter,
    })
  }
  return found
}

/** Bound of the list. With more such documents the index has a fault that exact figures do not help to find. */
const MAX_STUCK = 1_000

/**
 * Documents of an index that the engine refuses to write, as of the last refresh.
 *
 * @returns ids, at most {@link MAX_STUCK}
 * @throws LexpandError SERVICE when the engine cannot say
 */
export async function stuckIds(client: Client, index: string): Promise<string[]> {
  const filter = [{ term: { index: { value: index } } }, { term: { state_refused: { value: true } } }]
  const reply = await internalSearch(client, {
    index: DEAD_LETTERS,
    // The index of letters is made with the first letter.
    ignore_unavailable: true,
    body: { size: MAX_STUCK, query: { bool: { filter } }, _source: ['id'], track_total_hits: false },
  }).catch((error: unknown) => {
    throw translateEngineError(error, PLACE)
  })
  return reply.body.hits.hits.map(({ _source }) => (_source as Pick<DeadLetter, 'id'>).id)
}

/**
 * Stores one letter for each document; makes the index of letters at first use.
 *
 * @returns versions of the letters, in order
 * @throws EngineBusy when the engine has no room; EngineDenied when the user may not write them; LexpandError SERVICE
 *   when the engine refuses them for a lasting reason
 */
export async function putLetters(client: Client, letters: readonly DeadLetter[]): Promise<LetterVersion[]> {
  if (letters.length === 0) return []
  const answers = await bulk(
    client,
    letters.flatMap((letter) => [
      { update: { _id: deadLetterId(letter.index, letter.id, letter.routing), retry_on_conflict: 3 } },
      {
        scripted_upsert: true,
        script: { lang: 'painless', source: SCRIPT, params: { letter } },
        upsert: {},
      },
    ]),
    { makesIndex: true },
  )
  for (const { status, error } of answers) {
    const outcome = outcomeOf(status, error)
    if (outcome === 'written') continue
    if (outcome === 'rejected') throw refused(engineCause(status, error))
    if (outcome === 'denied') throw EngineDenied.of(status, error, PLACE)
    throw new EngineBusy('dead letters', DEAD_LETTERS, engineCause(status, error))
  }
  return answers.map(({ _id = '', _seq_no = -1, _primary_term = -1 }) => ({
    letterId: _id,
    seqNo: _seq_no,
    primaryTerm: _primary_term,
  }))
}

/**
 * Removes letters; a letter that was written anew in the meantime stays.
 *
 * @throws EngineBusy when the engine has no room; EngineDenied when the user may not remove them; LexpandError SERVICE
 *   for a lasting reason
 */
export async function removeLetters(client: Client, letters: readonly LetterVersion[]): Promise<void> {
  if (letters.length === 0) return
  const answers = await bulk(
    client,
    letters.map(({ letterId, seqNo, primaryTerm }) => ({
      delete: { _id: letterId, if_seq_no: seqNo, if_primary_term: primaryTerm },
    })),
    { makesIndex: false },
  )
  for (const { status, error } of answers) {
    const outcome = outcomeOf(status, error)
    if (outcome === 'retry') throw new EngineBusy('dead letters', DEAD_LETTERS, engineCause(status, error))
    if (outcome === 'denied') throw EngineDenied.of(status, error, PLACE)
    if (outcome === 'rejected') throw refused(engineCause(status, error))
  }
}

interface Answer {
  readonly status: number
  readonly error?: EngineFailure | undefined
  readonly _id?: string | undefined
  readonly _seq_no?: number | undefined
  readonly _primary_term?: number | undefined
}

async function bulk(
  client: Client,
  lines: readonly object[],
  { makesIndex }: { readonly makesIndex: boolean },
): Promise<Answer[]> {
  try {
    if (makesIndex) await ensureIndex(client)
    const reply = await client.bulk({
      index: DEAD_LETTERS,
      pipeline: '_none',
      body: lines as API.Bulk_RequestBody,
    })
    return reply.body.items.map((item) => (item.update ?? item.delete ?? { status: 500 }) as Answer)
  } catch (error) {
    throw translateEngineError(error, PLACE)
  }
}

/**
 * Makes the index of letters if it is missing. It is checked every time: letters are rare, and a bulk request to a
 * missing index would make it without Lexpand's mapping.
 */
async function ensureIndex(client: Client): Promise<void> {
  const { body: exists } = await client.indices.exists({ index: DEAD_LETTERS })
  if (exists) return
  const creation = client.indices.create(
    {
      index: DEAD_LETTERS,
      body: {
        settings: { ...OWN_INDEX_SETTINGS, number_of_shards: 1, auto_expand_replicas: '0-1', hidden: true },
        mappings: deadLetterMapping,
      } as unknown as API.Indices_Create_RequestBody,
    },
    // 400: another worker made the index at this moment.
    { ignore: [400] },
  )
  await acknowledged(creation, PLACE)
}

function refused(reason: string): LexpandError {
  return new LexpandError(
    'SERVICE',
    `[dead letters] expected index ${DEAD_LETTERS} to take a letter, got: ${reason}. Its documents wait: correct or delete that index.`,
  )
}
