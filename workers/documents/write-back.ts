import type { API, Client, Types } from '@opensearch-project/opensearch'
import type { SpecifiedIndex } from '../../mappings/compatibility.ts'
import { SIDECAR, SIDECAR_KEYS, STATES } from '../../mappings/sidecar.ts'
import { type Persistence, persist } from '../../opensearch/failures/back-off.ts'
import { outcomeOf } from '../../opensearch/failures/bulk-outcome.ts'
import { engineCause } from '../../opensearch/failures/engine-cause.ts'
import { translateEngineError, translateEngineFailure } from '../../opensearch/failures/engine-error.ts'
import type { EngineFailure } from '../../opensearch/failures/engine-failure.ts'
import { isOverload, isTransient, type Refusal, refusalOf } from '../../opensearch/failures/transient.ts'
import { byCharacters } from './inline-text.ts'
import { indexExists } from './read-documents.ts'
import { type Lines, wholeDocuments } from './whole-documents.ts'
import type { WriteBackItem, WriteBackResult } from './write-back-item.ts'

export interface WritePersistence extends Persistence {
  /** Called once for each request in which the engine had no room for at least one item. */
  readonly onRefused?: ((refusal: Refusal) => void) | undefined
}

/**
 * Puts the vector and the sidecar into the stored document inside the engine. A script is used and not the document as
 * read: the other fields then never pass through JavaScript, which would round large integers, and are neither read nor
 * sent. A partial document (`doc`) would merge the new vector into the old one. The source of the script is constant,
 * so the engine compiles it once. `copied_from` stays, because the encoder does not know it.
 */
const SCRIPT = `
def old = ctx._source[params.sidecar_field];
def vector = ctx._source[params.field];
boolean isOurs = old == null || (old instanceof Map && (params.states.contains(old.state) || params.keys.containsAll(old.keySet())));
if (!isOurs || (vector != null && !(vector instanceof Map))) throw new IllegalArgumentException('value of the owner');
if (old instanceof Map && old.copied_from != null) { params.sidecar.copied_from = old.copied_from }
if (params.features == null) { ctx._source.remove(params.field) } else { ctx._source[params.field] = params.features }
ctx._source[params.sidecar_field] = params.sidecar`

/**
 * Writes states of documents, each only if the document is still the version that was read. Items that the engine has
 * no room for are repeated with back-off; those still refused when time is up have the outcome `retry`. Items that the
 * user may not write have the outcome `denied` at once, with a reason that names the privilege.
 *
 * @param index the index that the documents were read from
 * @returns one result for each item, in order
 * @throws LexpandError when the engine refuses the request as a whole for a lasting reason (login, permission)
 */
export async function writeBack(
  client: Client,
  index: SpecifiedIndex,
  items: readonly WriteBackItem[],
  persistence: WritePersistence,
): Promise<WriteBackResult[]> {
  if (items.length === 0) return []
  const results = new Array<WriteBackResult>(items.length).fill({ outcome: 'retry' })
  let open = [...items.keys()]
  await persist(async () => {
    const part = open.map((at) => items[at] as WriteBackItem)
    let isWorthWaiting = true
    const answers = await send(client, index, part, (refusal) => {
      // Only an administrator lifts a block, perhaps never: the job goes back to the queue, since other jobs need its place.
      isWorthWaiting = refusal.isOverload
      persistence.onRefused?.(refusal)
    })
    for (const [row, at] of open.entries()) results[at] = answers[row] ?? { outcome: 'retry' }
    open = open.filter((at) => results[at]?.outcome === 'retry')
    const [first] = open
    if (first === undefined || !isWorthWaiting) return undefined
    return results[first]?.reason ?? 'the engine did not answer'
  }, persistence)
  return results
}

async function send(
  client: Client,
  { name: index, specification }: SpecifiedIndex,
  items: readonly WriteBackItem[],
  onRefused: WritePersistence['onRefused'],
): Promise<WriteBackResult[]> {
  const all = (result: WriteBackResult) => items.map(() => result)
  const place = { part: 'write-back', index }
  try {
    // A bulk update of a missing index would create it again, empty and without Lexpand's mapping.
    const [first] = items
    if (first === undefined || !(await indexExists(client, index, first)))
      return all({ outcome: 'deleted', reason: 'the index is gone' })
    const { sparse_field, versioning } = specification
    const lines =
      versioning === 'external'
        ? await wholeDocuments(client, index, sparse_field, items)
        : items.map((item): Lines => linesOf(item, sparse_field))
    const answers = await bulk(client, index, lines.filter(isWritten))
    let refusal: Refusal | undefined
    const results = lines.map((line) => {
      if (!isWritten(line)) return line
      const answer = answers.shift()
      const status = answer?.status ?? 500
      const failure = answer?.error as EngineFailure | undefined
      const outcome = outcomeOf(status, failure)
      if (outcome === 'denied') {
        return { outcome, reason: translateEngineFailure(failure ?? {}, status, place).message }
      }
      if (outcome === 'retry') refusal ??= { status, isOverload: isOverload(failure) }
      return outcome === 'written'
        ? { outcome, seqNo: answer?._seq_no ?? 0, primaryTerm: answer?._primary_term ?? 0 }
        : { outcome, reason: engineCause(status, failure) }
    })
    if (refusal !== undefined) onRefused?.(refusal)
    return results
  } catch (error) {
    const translated = translateEngineError(error, place)
    if (!isTransient(error)) throw translated
    onRefused?.(refusalOf(error))
    return all({ outcome: 'retry', reason: translated.message })
  }
}

function isWritten(line: Lines): line is readonly [string, string] {
  return Array.isArray(line)
}

/** Sends lines in requests of bounded size: whole documents may be long. @returns one answer for each pair of lines, in order */
async function bulk(client: Client, index: string, lines: readonly (readonly [string, string])[]) {
  const answers: (Types.Core_Bulk.ResponseItem | undefined)[] = []
  for (const part of byCharacters(lines, ([action, body]) => action.length + body.length)) {
    const reply = await client.bulk({
      index,
      pipeline: '_none',
      body: part.flat() as unknown as API.Bulk_RequestBody,
      filter_path: ['status', 'error', '_seq_no', '_primary_term'].map((key) => `items.*.${key}`),
    })
    answers.push(...part.map((_, at) => Object.values(reply.body.items[at] ?? {})[0]))
  }
  return answers
}

function linesOf(item: WriteBackItem, sparseField: string): [string, string] {
  const action = {
    _id: item.id,
    ...(item.routing === undefined ? {} : { routing: item.routing }),
    if_seq_no: item.seqNo,
    if_primary_term: item.primaryTerm,
  }
  const params = {
    field: sparseField,
    features: item.features === undefined ? null : Object.fromEntries(item.features),
    sidecar_field: SIDECAR,
    sidecar: item.sidecar,
    keys: SIDECAR_KEYS,
    states: STATES,
  }
  return [
    JSON.stringify({ update: action }),
    JSON.stringify({ script: { lang: 'painless', source: SCRIPT, params } }),
  ]
}
