import type { Model } from '../../models/index.ts'
import {
  balanceFor,
  DEFAULT_BM25_WEIGHT,
  fuseMinMax,
  type QueryIdf,
  weightByCorpus,
} from '../../pipelines/index.ts'
import type { BeirQueries } from '../../quality/beir.ts'
import type { EncodedDocument } from '../../quality/corpus-vectors.ts'
import { type Evaluation, evaluate, type Run, type ScoredDocument } from '../../quality/metrics.ts'
import { type Comparison, compare } from '../../quality/significance.ts'
import { SparseCollection } from '../../quality/sparse-collection.ts'
import { encodeQuery, type QueryToken } from '../../sparse/query/encode-query.ts'
import { IMPACT_STEP } from '../../sparse/vectors/stored-weight.ts'

/** Depth of the metrics, and of each list for the fusion, as in `search` for a page of 10. */
export const DEPTH = 100

/** Depth to which BM25 is added to the sparse score: lower documents have too little of one of them to be among the first hundred. */
export const SUM_DEPTH = 1_000

/** Quality of one configuration on one set. */
export interface Figures {
  readonly way: string
  readonly ndcg_at_10: number
  readonly recall_at_100: number
  /** nDCG@10 compared with BM25, paired by query; absent for BM25 itself. */
  readonly against_bm25?: Comparison | undefined
  readonly tokens_per_document?: number | undefined
  /** Expected number of word pieces that a query and a document share. */
  readonly flops?: number | undefined
}

interface Way {
  readonly name: string
  readonly pruning: number
  readonly idf: QueryIdf
  readonly hybrid?: boolean | undefined
  /** Hybrid in one pass with this balance; auto: the one that a search chooses. */
  readonly balance?: number | 'auto' | undefined
  readonly step?: number | undefined
}

/** Pruning .1 is the default of the models. */
const WAYS: readonly Way[] = [
  { name: 'sparse, unpruned', pruning: 0, idf: 'model' },
  { name: 'sparse, pruned at .1', pruning: 0.1, idf: 'model' },
  { name: 'sparse, pruned at .2', pruning: 0.2, idf: 'model' },
  { name: 'sparse, in lexpand_impacts', pruning: 0.1, idf: 'model', step: IMPACT_STEP },
  { name: 'sparse, half corpus IDF', pruning: 0.1, idf: 'blend' },
  { name: 'sparse, corpus IDF', pruning: 0.1, idf: 'corpus' },
  { name: 'two lists', pruning: 0.1, idf: 'model', hybrid: true },
  { name: 'two lists, half corpus IDF', pruning: 0.1, idf: 'blend', hybrid: true },
  { name: 'default: one pass, idf auto, balance auto', pruning: 0.1, idf: 'auto', balance: 'auto' },
  ...[0.1, 0.2, 0.3, 0.5, 0.7].map(
    (balance): Way => ({
      name: `one pass, idf auto, balance ${balance}`,
      pruning: 0.1,
      idf: 'auto',
      balance,
    }),
  ),
]

/** All configurations of one model on one set, by exact dot products. */
export function modelFigures(
  model: Pick<Model, 'tokenizer' | 'queryTable'>,
  documents: readonly EncodedDocument[],
  { queries, qrels }: BeirQueries,
  bm25: Run,
): Figures[] {
  const baseline = evaluate(bm25, qrels)
  const tokens = new Map(
    [...queries].map(([id, text]) => [id, encodeQuery(text, model.tokenizer, model.queryTable)]),
  )
  const collections = new Map<string, SparseCollection>()
  return WAYS.map(({ name, pruning, idf, hybrid = false, balance, step }) => {
    const key = `${pruning} ${step}`
    const collection = collections.get(key) ?? new SparseCollection(documents, pruning, step)
    collections.set(key, collection)
    const run = new Map<string, ScoredDocument[]>()
    for (const [id, ofTable] of tokens) {
      const asked = weighted(ofTable, idf, collection)
      const lexical = bm25.get(id) ?? []
      if (balance !== undefined) {
        const share = balance === 'auto' ? balanceFor({ pieces: asked.length }) : balance
        run.set(id, summed(lexical, without(id, collection.rank(asked, SUM_DEPTH + 1), SUM_DEPTH), share))
        continue
      }
      const ranked = without(id, collection.rank(asked, DEPTH + 1))
      run.set(id, hybrid ? fused(lexical.slice(0, DEPTH), ranked) : ranked)
    }
    return {
      ...figures(name, evaluate(run, qrels), baseline),
      tokens_per_document: collection.tokensPerDocument,
      flops: collection.expectedMatches([...tokens.values()]),
    }
  })
}

export function bm25Figures(bm25: Run, { qrels }: BeirQueries): Figures {
  const { mean } = evaluate(bm25, qrels)
  return { way: 'BM25', ndcg_at_10: mean.ndcg_at_10, recall_at_100: mean.recall_at_100 }
}

/** In some BEIR collections the queries are documents, too: a query must not find itself. */
export function without(id: string, ranked: readonly ScoredDocument[], depth = DEPTH): ScoredDocument[] {
  return ranked.filter((document) => document.id !== id).slice(0, depth)
}

/** score = sparse + balance x BM25 */
function summed(
  lexical: readonly ScoredDocument[],
  sparse: readonly ScoredDocument[],
  balance: number,
): ScoredDocument[] {
  const scores = new Map(sparse.map(({ id, score }) => [id, score]))
  for (const { id, score } of lexical) scores.set(id, (scores.get(id) ?? 0) + balance * score)
  return [...scores]
    .map(([id, score]) => ({ id, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, DEPTH)
}

function weighted(tokens: readonly QueryToken[], idf: QueryIdf, collection: SparseCollection) {
  if (idf === 'model') return tokens
  const frequencies = new Map(tokens.map(({ token, tokenId }) => [token, collection.frequency(tokenId)]))
  return weightByCorpus(tokens, idf, { documents: collection.size, frequencies })
}

function fused(lexical: readonly ScoredDocument[], sparse: readonly ScoredDocument[]): ScoredDocument[] {
  const keyed = (list: readonly ScoredDocument[]) => list.map((hit) => ({ key: hit.id, ...hit }))
  return fuseMinMax([
    { hits: keyed(lexical), weight: DEFAULT_BM25_WEIGHT },
    { hits: keyed(sparse), weight: 1 - DEFAULT_BM25_WEIGHT },
  ]).map(({ key, score }) => ({ id: key, score }))
}

function figures(way: string, evaluation: Evaluation, baseline: Evaluation): Figures {
  const values = ({ perQuery }: Evaluation) => [...perQuery.values()].map(({ ndcg_at_10 }) => ndcg_at_10)
  const { ndcg_at_10, recall_at_100 } = evaluation.mean
  return { way, ndcg_at_10, recall_at_100, against_bm25: compare(values(baseline), values(evaluation)) }
}
