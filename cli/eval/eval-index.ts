import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import type { Client } from '@opensearch-project/opensearch'
import { specificationFor } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { acknowledged } from '../../opensearch/failures/acknowledged.ts'
import { refreshAll } from '../../opensearch/shard-changes.ts'
import { readBeirDocuments } from '../../quality/beir.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { DEFAULT_OVERLAP, type Windowing } from '../../sparse/index.ts'
import { countStates } from '../../workers/documents/index-states.ts'
import type { SourceDocument } from '../../workers/index.ts'
import { fillIndex } from '../index/fill-index.ts'
import type { Connection } from '../shell/connect.ts'
import { note } from '../shell/output.ts'

/** The one text field of an evaluation index. */
export const EVAL_FIELD = 'text'

export interface EvalCorpus {
  /** BEIR folder. */
  readonly directory: string
  readonly model: Model
  /** Largest number of windows of a document; 1 truncates as for published BEIR figures. */
  readonly maxWindows: number
}

export interface EvalIndex {
  readonly name: string
  readonly fingerprint: string
  readonly documents: number
  /** Whether the index existed already, complete and with the same corpus. */
  readonly reused: boolean
}

/**
 * Makes or reuses the index of a BEIR folder. It is named after the folder and the fingerprint and stores the hash of
 * its corpus, so that a changed corpus is never measured with old documents.
 *
 * @throws LexpandError INPUT for a broken corpus; INDEX when documents could not be encoded; and any error of the parts
 */
export async function prepareEvalIndex(
  { directory, model, maxWindows }: EvalCorpus,
  connection: Connection,
  signal: AbortSignal,
): Promise<EvalIndex> {
  const { client } = connection
  const windowing: Windowing = {
    maxLength: model.manifest.max_length,
    overlap: DEFAULT_OVERLAP,
    maxWindows,
  }
  const { fingerprint: stamp } = specificationFor(model, { fields: [EVAL_FIELD], windowing })
  const name = indexName(directory, stamp)
  const corpus = await readCorpusFacts(directory)
  const stored = await storedCorpusHash(client, name)
  if (stored === corpus.hash && (await isComplete(client, name, corpus.documents))) {
    return { name, fingerprint: stamp, documents: corpus.documents, reused: true }
  }
  if (stored !== undefined && stored !== corpus.hash) {
    note(`The corpus has changed: index ${name} is made anew`)
    await acknowledged(client.indices.delete({ index: name }), { part: 'eval', index: name })
  }
  const report = await fillIndex({
    connection,
    model,
    index: name,
    fields: [EVAL_FIELD],
    windowing,
    documents: toSource(directory),
    onInstalled: () => rememberCorpus(client, name, corpus.hash),
    wait: true,
    signal,
  })
  if (signal.aborted || report.failed > 0 || report.pending > 0)
    throw incomplete(name, report, signal.aborted)
  // Deleted versions would take part in the statistics of BM25, so the index is merged into one segment without them.
  const place = { part: 'eval', index: name }
  await acknowledged(client.indices.forcemerge({ index: name, max_num_segments: 1 }), place)
  await refreshAll(client, name)
  return { name, fingerprint: stamp, documents: corpus.documents, reused: false }
}

function indexName(directory: string, stamp: string): string {
  const folder = basename(resolve(directory))
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
  return `lexpand-eval-${folder}-${stamp}`
}

async function readCorpusFacts(directory: string): Promise<{ hash: string; documents: number }> {
  const hash = createHash('sha256')
  const ids = new Set<string>()
  for await (const { id, text } of readBeirDocuments(directory)) {
    hash.update(JSON.stringify([id, text]))
    ids.add(id)
  }
  return { hash: hash.digest('hex'), documents: ids.size }
}

async function* toSource(directory: string): AsyncGenerator<SourceDocument> {
  for await (const { id, text } of readBeirDocuments(directory)) yield { id, source: { [EVAL_FIELD]: text } }
}

const META_KEY = 'lexpand_eval'

async function readMeta(client: Client, index: string): Promise<Record<string, unknown> | undefined> {
  const reply = await client.indices.getMapping({ index }, { ignore: [404] })
  if (reply.statusCode === 404) return undefined
  return (reply.body[index]?.mappings?._meta ?? {}) as Record<string, unknown>
}

async function storedCorpusHash(client: Client, index: string): Promise<string | undefined> {
  const stored = (await readMeta(client, index))?.[META_KEY]
  if (typeof stored !== 'object' || stored === null || !('corpus_hash' in stored)) return undefined
  return String(stored.corpus_hash)
}

/** The engine replaces `_meta` as a whole, so the installer's part is sent again. */
async function rememberCorpus(client: Client, index: string, corpus_hash: string): Promise<void> {
  const meta = { ...(await readMeta(client, index)), [META_KEY]: { corpus_hash } }
  await acknowledged(client.indices.putMapping({ index, body: { _meta: meta } }), { part: 'eval', index })
}

async function isComplete(client: Client, index: string, documents: number): Promise<boolean> {
  await refreshAll(client, index)
  const states = await countStates(client, index)
  return states.documents === documents && states.ready + states.empty === documents
}

function incomplete(
  index: string,
  { failed, pending, errors }: { failed: number; pending: number; errors: readonly { reason: string }[] },
  interrupted: boolean,
): LexpandError {
  const reason = interrupted ? 'it was stopped' : (errors[0]?.reason ?? 'see the messages above')
  return new LexpandError(
    'INDEX',
    `[eval] expected every document of ${index} to be encoded, got ${failed} failed and ${pending} pending: ${reason}. Run it again to go on.`,
  )
}
