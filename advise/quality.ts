import { setImmediate as breathe } from 'node:timers/promises'
import { overlap } from '../measure/search-speed.ts'
import { type QueryIdf, weightByCorpus } from '../pipelines/index.ts'
import type { EncodedDocument } from '../quality/corpus-vectors.ts'
import { evaluate, type Qrels, type Run, type ScoredDocument } from '../quality/metrics.ts'
import { type Comparison, compare } from '../quality/significance.ts'
import { SparseCollection } from '../quality/sparse-collection.ts'
import type { QueryToken } from '../sparse/query/encode-query.ts'

/** Query tables, the model's own first. */
export const QUERY_TABLES = ['model', 'blend', 'corpus'] as const satisfies readonly QueryIdf[]

export interface AdviseQuery {
  readonly id: string
  readonly text: string
  /** Tokens with the weights of the model's table; at least one. */
  readonly tokens: readonly QueryToken[]
}

/** Quality of one configuration of the sample, by exact dot products in memory. */
export interface Quality {
  /** Mean share of the first ten of the unchanged index, 0 to 1. */
  readonly overlap_at_10: number
  /** Only with judgments. */
  readonly ndcg_at_10?: number | undefined
  /** nDCG@10 compared with the unchanged index, paired by query; absent for that index itself. */
  readonly against_as_it_is?: Comparison | undefined
  readonly tokens_per_document: number
  /** Mean number of postings of a query's word pieces in the sample: the most that a search has to read. */
  readonly postings_per_query: number
}

export interface QualityOptions {
  readonly documents: readonly EncodedDocument[]
  readonly queries: readonly AdviseQuery[]
  readonly qrels: Qrels | undefined
  readonly signal?: AbortSignal | undefined
}

interface Measured {
  readonly quality: Quality
  readonly run: Run
}

/**
 * Ranks the sample with every pruning and every query table.
 *
 * @param ratios prunings; that of the unchanged index (0: nothing more is removed) first
 * @returns qualities in the order of the ratios, those of {@link QUERY_TABLES}, and the queries with the weights of
 *   each table
 */
export async function measureQuality(
  ratios: readonly number[],
  options: QualityOptions,
): Promise<{
  prunings: Quality[]
  tables: Quality[]
  weighted: ReadonlyMap<QueryIdf, readonly AdviseQuery[]>
}> {
  const { documents, queries } = options
  const whole = new SparseCollection(documents, 0)
  const baseline = await measure(whole, queries, undefined, options)
  const prunings: Quality[] = []
  for (const ratio of ratios) {
    if (ratio === 0) prunings.push(baseline.quality)
    else {
      const pruned = new SparseCollection(documents, ratio)
      prunings.push((await measure(pruned, queries, baseline, options)).quality)
    }
  }
  const tables: Quality[] = []
  const weighted = new Map<QueryIdf, readonly AdviseQuery[]>()
  for (const table of QUERY_TABLES) {
    const asked = table === 'model' ? queries : queries.map((query) => reweighted(query, table, whole))
    weighted.set(table, asked)
    tables.push(
      table === 'model' ? baseline.quality : (await measure(whole, asked, baseline, options)).quality,
    )
  }
  return { prunings, tables, weighted }
}

function reweighted(
  { id, text, tokens }: AdviseQuery,
  table: Exclude<QueryIdf, 'model'>,
  collection: SparseCollection,
): AdviseQuery {
  const frequencies = new Map(tokens.map(({ token, tokenId }) => [token, collection.frequency(tokenId)]))
  return { id, text, tokens: weightByCorpus(tokens, table, { documents: collection.size, frequencies }) }
}

async function measure(
  collection: SparseCollection,
  queries: readonly AdviseQuery[],
  baseline: Measured | undefined,
  { qrels, signal }: QualityOptions,
): Promise<Measured> {
  const run = new Map<string, ScoredDocument[]>()
  for (const { id, tokens } of queries) {
    // Ranking blocks the event loop: signals are handled in between.
    await breathe()
    signal?.throwIfAborted()
    // In some test collections the queries are documents, too: a query must not find itself.
    const ranked = collection.rank(tokens, 11).filter((hit) => hit.id !== id)
    run.set(id, ranked.slice(0, 10))
  }
  const values = ({ perQuery }: ReturnType<typeof evaluate>) =>
    [...perQuery.values()].map(({ ndcg_at_10 }) => ndcg_at_10)
  const evaluation = qrels === undefined ? undefined : evaluate(run, qrels)
  const against =
    qrels === undefined || evaluation === undefined || baseline === undefined
      ? undefined
      : compare(values(evaluate(baseline.run, qrels)), values(evaluation))
  const quality = {
    overlap_at_10: baseline === undefined ? 1 : overlap(ids(baseline.run), ids(run)),
    ...(evaluation === undefined ? {} : { ndcg_at_10: evaluation.mean.ndcg_at_10 }),
    ...(against === undefined ? {} : { against_as_it_is: against }),
    tokens_per_document: collection.tokensPerDocument,
    postings_per_query: collection.expectedMatches(queries.map(({ tokens }) => tokens)) * collection.size,
  }
  return { quality, run }
}

function ids(run: Run): string[][] {
  return Array.from(run.values(), (hits) => hits.map(({ id }) => id))
}
