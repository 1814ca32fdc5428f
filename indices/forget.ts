import type { API, Client } from '@opensearch-project/opensearch'
import type { SpecifiedIndex } from '../mappings/compatibility.ts'
import {
  assertIndexName,
  parseSpecification,
  SEARCH_CHOICE,
  SIDECAR,
  severalIndices,
} from '../mappings/index.ts'
import { translateEngineError } from '../opensearch/failures/engine-error.ts'
import { resultWindow } from '../opensearch/index-limits.ts'
import { internalSearch } from '../opensearch/internal-search.ts'
import { chainName, ingestPipelineName, removeChain, useByDefault } from '../pipelines/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import { type DocumentName, readRaw } from '../workers/documents/raw-documents.ts'
import { dropLetters } from '../workers/index.ts'
import { RETIRED, retire } from '../workers/reindex/index.ts'

export interface ForgetOptions {
  /** Called after every request that changed documents. */
  readonly onProgress?: ((documents: number) => void) | undefined
  /** Aborting ends the call after the request in flight; the next call continues. */
  readonly signal?: AbortSignal | undefined
}

export interface Forgotten {
  /** Concrete name of the index. */
  readonly index: string
  /** Number of documents whose vector and sidecar were removed. */
  readonly documents: number
  /** Fields that stay in the mapping, empty: the engine cannot remove fields. */
  readonly staying: readonly string[]
  /** False when the call was aborted; calling it again continues. */
  readonly isDone: boolean
}

/**
 * Removes Lexpand from an index: the ingest pipeline, the vectors and sidecars of its documents, their dead letters,
 * and `_meta.lexpand`. The owner's fields and documents stay, as do Lexpand's empty fields in the mapping, since the
 * engine cannot remove fields. Afterwards the index can be set up anew, with other fields or another model.
 *
 * Needs `indices:data/read/search`, `indices:data/write/bulk`, `indices:admin/refresh`, `indices:admin/mapping/put`,
 * `indices:admin/settings/update`, `indices:monitor/settings/get` and `cluster:admin/ingest/pipeline/delete`.
 *
 * @param index index, or alias of one index
 * @throws LexpandError INDEX when Lexpand has not set the index up, or a pipeline of the owner calls Lexpand's (nothing
 *   is changed then), or documents cannot be changed; SERVICE when the engine does not answer
 */
export async function forget(
  client: Client,
  index: string,
  { onProgress, signal }: ForgetOptions = {},
): Promise<Forgotten> {
  assertIndexName(index, 'forget')
  try {
    const { name, specification } = await readMarked(client, index)
    await removePipeline(client, name)
    // From here on workers and sweepers pass the index by.
    await retire(client, name)
    let documents = 0
    while (!signal?.aborted) {
      const changed = await strip(client, { name, specification })
      if (changed === undefined) break
      documents += changed
      onProgress?.(documents)
    }
    const staying = [specification.sparse_field, SIDECAR]
    if (signal?.aborted) return { index: name, documents, staying, isDone: false }
    await dropLetters(client, { index: name })
    await removeMeta(client, name)
    return { index: name, documents, staying, isDone: true }
  } catch (error) {
    throw translateEngineError(error, { part: 'forget', index })
  }
}

const PAGE = 500
const STRIP_SCRIPT = {
  lang: 'painless',
  source: 'for (def field : params.fields) ctx._source.remove(field)',
}

/** Reads the index, also where an earlier call was interrupted. */
async function readMarked(client: Client, index: string): Promise<SpecifiedIndex> {
  const reply = await client.indices.getMapping({ index })
  const [only, ...others] = Object.entries(reply.body)
  if (only === undefined || others.length > 0) throw severalIndices(index, Object.keys(reply.body))
  const [name, { mappings }] = only
  const meta = mappings._meta ?? {}
  const stored = meta[SIDECAR] ?? meta[RETIRED]
  if (stored !== undefined) return { name, specification: parseSpecification(stored, name) }
  throw new LexpandError(
    'INDEX',
    `[forget] expected an index that Lexpand has set up, got ${name} without _meta.${SIDECAR}. There is nothing to take off.`,
  )
}

async function removePipeline(client: Client, index: string): Promise<void> {
  const pipeline = ingestPipelineName(index)
  const callers = (await callersOf(client, pipeline)).filter((caller) => caller !== chainName(index))
  if (callers.length > 0) {
    throw new LexpandError(
      'INDEX',
      `[forget] expected no pipeline that calls ${pipeline}, got ${callers.join(', ')}. Take {"pipeline": {"name": "${pipeline}"}} out of it, then run this again.`,
    )
  }
  const settings = await client.indices.getSettings({ index, flat_settings: true })
  const present: unknown = settings.body[index]?.settings?.['index.default_pipeline']
  if (present === pipeline) await useByDefault(client, index, null)
  else if (typeof present === 'string') await removeChain(client, index, { present, stamp: pipeline })
  await client.ingest.deletePipeline({ id: pipeline }, { ignore: [404] })
}

async function callersOf(client: Client, pipeline: string): Promise<string[]> {
  const reply = await client.ingest.getPipeline({}, { ignore: [404] })
  return Object.entries(reply.body).flatMap(([id, { processors = [] }]) =>
    processors.some((processor) => processor.pipeline?.name === pipeline) ? [id] : [],
  )
}

/** Strips one page. @returns number of documents changed; undefined when none was left */
async function strip(
  client: Client,
  { name: index, specification }: SpecifiedIndex,
): Promise<number | undefined> {
  await client.indices.refresh({ index })
  const reply = await internalSearch(client, {
    index,
    body: {
      size: Math.min(PAGE, await resultWindow(client, index)),
      _source: false,
      query: { exists: { field: `${SIDECAR}.state` } },
    },
  })
  const hits = reply.body.hits.hits as readonly { readonly _id?: string; readonly _routing?: string }[]
  if (hits.length === 0) return undefined
  const names = hits.map(({ _id = '', _routing }) => ({ id: _id, routing: _routing }))
  const fields = [specification.sparse_field, SIDECAR]
  const body =
    specification.versioning === 'external'
      ? await wholeWithout(client, index, names, fields)
      : names.flatMap(({ id, routing }) => [
          { update: { _id: id, routing, retry_on_conflict: 5 } },
          { script: { ...STRIP_SCRIPT, params: { fields } } },
        ])
  if (body.length === 0) return 0
  const answer = await client.bulk({ index, pipeline: '_none', body: body as API.Bulk_RequestBody })
  const items = answer.body.items.map((item) => item.update ?? item.index)
  // Documents that were deleted, or written by their client meanwhile, are inspected again.
  const failures = items.flatMap((item) =>
    item?.error != null && item.status !== 404 && item.status !== 409
      ? [`${item._id}: ${item.error.reason}`]
      : [],
  )
  if (failures.length < hits.length) return items.filter((item) => item?.error == null).length
  throw new LexpandError(
    'INDEX',
    `[forget] expected documents of ${index} to be changed, got ${failures.length} refused, such as ${failures[0]}. Correct what the engine says, then run this again.`,
  )
}

/** An update would raise versions that clients assign, so the whole document is written in the version that was read. */
async function wholeWithout(
  client: Client,
  index: string,
  names: readonly DocumentName[],
  fields: readonly string[],
): Promise<object[]> {
  const { documents } = await readRaw(client, { index, part: 'forget' }, names)
  return names.flatMap(({ id, routing }, at) => {
    const document = documents[at]
    if (document === undefined) return []
    const source = Object.entries(document.source).filter(([field]) => !fields.includes(field))
    const action = { _id: id, routing, version: document.version, version_type: 'external_gte' }
    return [{ index: action }, Object.fromEntries(source)]
  })
}

async function removeMeta(client: Client, index: string): Promise<void> {
  const reply = await client.indices.getMapping({ index })
  const {
    [SIDECAR]: _own,
    [RETIRED]: _retired,
    [SEARCH_CHOICE]: _choice,
    ...rest
  } = reply.body[index]?.mappings._meta ?? {}
  await client.indices.putMapping({ index, body: { _meta: rest } as API.Indices_PutMapping_RequestBody })
}
