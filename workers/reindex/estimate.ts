import type { Client } from '@opensearch-project/opensearch'
import type { SpecifiedIndex } from '../../mappings/compatibility.ts'
import { documentText } from '../../mappings/text/document-text.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { resultWindow } from '../../opensearch/index-limits.ts'
import { countDocuments, internalSearch } from '../../opensearch/internal-search.ts'
import { toFeatures } from '../../sparse/features.ts'
import type { EncodingDependencies } from '../encode/encode-documents.ts'
import { expandEach } from '../encode/expand-each.ts'

export interface Estimate {
  readonly documents: number
  /** Bytes of the primary shards. */
  readonly bytes: number
  /** Number of documents, taken at random, that were encoded for the estimate. */
  readonly sample: number
  readonly docsPerSecond: number
  /** Hours of encoding with this one process; undefined when there is no document to measure. */
  readonly hours: number | undefined
  /** A rough estimate: vectors as JSON and, beside the old index, a copy of it; replicas included. */
  readonly extraBytes: number
  /** Bytes free on the fullest data node; undefined when the cluster does not say. */
  readonly freeBytes: number | undefined
}

const SAMPLE = 128
const WARM_UP = 8

/**
 * Estimates the effort of a run by encoding some real documents. Nothing is written.
 *
 * @param index with the specification that it would have
 * @param isBeside whether the documents are stored a second time
 */
export async function estimate(
  client: Client,
  { name: index, specification }: SpecifiedIndex,
  { tokenizer, encoder }: EncodingDependencies,
  isBeside: boolean,
): Promise<Estimate> {
  const { fields, windowing, pruning } = specification
  try {
    const stats = await client.indices.stats({ index, metric: ['docs', 'store'] })
    const primaries = stats.body._all?.primaries
    const bytes = primaries?.store?.size_in_bytes ?? 0
    const total = stats.body._all?.total?.store?.size_in_bytes ?? bytes
    const documents = await countDocuments(client, { index })
    const texts = await sampleTexts(client, index, fields)
    const tokenBudget = Number.MAX_SAFE_INTEGER
    const expand = (part: readonly string[]) =>
      expandEach(part, { tokenizer, windowing, pruning, encoder, tokenBudget })
    await expand(texts.slice(0, WARM_UP))
    const startedAt = performance.now()
    const expanded = await expand(texts)
    const seconds = (performance.now() - startedAt) / 1_000
    const vectorBytes = expanded.reduce(
      (sum, result) =>
        sum +
        ('error' in result
          ? 0
          : JSON.stringify(Object.fromEntries(toFeatures(result.vector, tokenizer))).length),
      0,
    )
    const rate = texts.length === 0 ? 0 : texts.length / seconds
    const copies = bytes === 0 ? 1 : total / bytes
    const vectors = texts.length === 0 ? 0 : (vectorBytes / texts.length) * documents * copies
    return {
      documents,
      bytes,
      sample: texts.length,
      docsPerSecond: Number(rate.toFixed(1)),
      hours: rate === 0 ? undefined : Number((documents / rate / 3_600).toPrecision(3)),
      extraBytes: Math.round(vectors + (isBeside ? total : 0)),
      freeBytes: await freeBytes(client),
    }
  } catch (error) {
    throw translateEngineError(error, { part: 'reindex', index })
  }
}

/** Texts of documents taken at random; blank texts are left out. */
export async function sampleTexts(
  client: Client,
  index: string,
  fields: readonly string[],
  size = SAMPLE,
): Promise<string[]> {
  const reply = await internalSearch(client, {
    index,
    body: {
      size: Math.min(size, await resultWindow(client, index)),
      query: { function_score: { query: { match_all: {} }, random_score: {} } },
      _source: [...fields],
      track_total_hits: false,
    },
  })
  return reply.body.hits.hits.flatMap(({ _source }) => {
    const found = documentText(_source, fields)
    return 'text' in found && found.text !== '' ? [found.text] : []
  })
}

async function freeBytes(client: Client): Promise<number | undefined> {
  try {
    const reply = await client.cat.allocation({ bytes: 'b', h: ['disk.avail'], format: 'json' })
    const rows = reply.body as unknown as readonly { 'disk.avail'?: string | null }[]
    const free = rows.flatMap(({ 'disk.avail': available }) => (available ? [Number(available)] : []))
    return free.length === 0 ? undefined : Math.min(...free)
  } catch {
    // A user who may not read the nodes still gets the rest.
    return undefined
  }
}
