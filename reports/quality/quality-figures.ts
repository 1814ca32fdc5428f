import type { Model } from '../../models/index.ts'
import { type QueryIdf, weightByCorpus } from '../../pipelines/index.ts'
import type { BeirQueries } from '../../quality/beir.ts'
import type { EncodedDocument } from '../../quality/corpus-vectors.ts'
import { type Evaluation, evaluate, type ScoredDocument } from '../../quality/metrics.ts'
import { type Comparison, compare } from '../../quality/significance.ts'
import { SparseCollection } from '../../quality/sparse-collection.ts'
import { encodeQuery, type QueryToken } from '../../sparse/query/encode-query.ts'
import { IMPACT_STEP } from '../../sparse/vectors/stored-weight.ts'

/** Depth that the metrics look at. */
export const DEPTH = 100

/** One way to search, measured on one set. */
export interface Figures {
  readonly way: string
  readonly ndcg_at_10: number
  /** Absent where only the first ten were asked for. */
  readonly recall_at_100?: number | undefined
  /** nDCG@10 against the baseline, paired by query; absent for the baseline itself. */
  readonly against_baseline?: Comparison | undefined
  readonly tokens_per_document?: number | undefined
  /** Word pieces of a query that a document is expected to carry. */
  readonly flops?: number | undefined
}

interface ExactWay {
  readonly name: string
  readonly pruning: number
  readonly idf: QueryIdf
  readonly step?: number | undefined
}

/** Ways that need vectors other than those of an index. Pruning .1 is the default of the models. */
const WAYS: readonly ExactWay[] = [
  { name: 'exact: sparse, unpruned', pruning: 0, idf: 'model' },
  { name: 'exact: sparse, pruned at .1', pruning: 0.1, idf: 'model' },
  { name: 'exact: sparse, pruned at .2', pruning: 0.2, idf: 'model' },
  { name: 'exact: sparse, in lexpand_impacts', pruning: 0.1, idf: 'model', step: IMPACT_STEP },
  { name: 'exact: sparse, half corpus IDF', pruning: 0.1, idf: 'blend' },
  { name: 'exact: sparse, corpus IDF', pruning: 0.1, idf: 'corpus' },
]

/** Sparse rankings by exact dot products in memory. */
export function exactFigures(
  model: Pick<Model, 'tokenizer' | 'queryTable'>,
  documents: readonly EncodedDocument[],
  { queries, qrels }: BeirQueries,
  baseline: Evaluation,
): Figures[] {
  const tokens = new Map(
    [...queries].map(([id, text]) => [id, encodeQuery(text, model.tokenizer, model.queryTable)]),
  )
  const collections = new Map<string, SparseCollection>()
  return WAYS.map(({ name, pruning, idf, step }) => {
    const key = `${pruning} ${step}`
    const collection = collections.get(key) ?? new SparseCollection(documents, pruning, step)
    collections.set(key, collection)
    const run = new Map<string, ScoredDocument[]>()
    for (const [id, ofTable] of tokens) {
      run.set(id, without(id, collection.rank(weighted(ofTable, idf, collection), DEPTH + 1)))
    }
    return {
      ...figuresOf(name, evaluate(run, qrels), baseline),
      tokens_per_document: collection.tokensPerDocument,
      flops: collection.expectedMatches([...tokens.values()]),
    }
  })
}

export function figuresOf(way: string, evaluation: Evaluation, baseline: Evaluation): Figures {
  const values = ({ perQuery }: Evaluation) => [...perQuery.values()].map(({ ndcg_at_10 }) => ndcg_at_10)
  const { ndcg_at_10, recall_at_100 } = evaluation.mean
  return { way, ndcg_at_10, recall_at_100, against_baseline: compare(values(baseline), values(evaluation)) }
}

/** In some BEIR collections the queries are documents, too: a query does not find itself. */
export function without(id: string, ranked: readonly ScoredDocument[]): ScoredDocument[] {
  return ranked.filter((document) => document.id !== id).slice(0, DEPTH)
}

function weighted(tokens: readonly QueryToken[], idf: QueryIdf, collection: SparseCollection) {
  if (idf === 'model') return tokens
  const frequencies = new Map(tokens.map(({ token, tokenId }) => [token, collection.frequency(tokenId)]))
  return weightByCorpus(tokens, idf, { documents: collection.size, frequencies })
}
