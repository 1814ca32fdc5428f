/** Relevance judgments: query id -> document id -> grade (integer; 0 and below are not relevant). */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>

/** One retrieved document with its score, in any order. */
export interface ScoredDocument {
  readonly id: string
  readonly score: number
}

/** Retrieved documents: query id -> distinct documents. */
export type Run = ReadonlyMap<string, readonly ScoredDocument[]>

/** Values in 0 to 1. */
export interface QualityMetrics {
  /** Normalised discounted cumulative gain of the first 10, linear gain (the grade itself). */
  readonly ndcg_at_10: number
  /** Share of the relevant documents that are among the first 100. */
  readonly recall_at_100: number
  /** 1 / rank of the first relevant document among the first 10, else 0. */
  readonly mrr_at_10: number
}

export interface Evaluation {
  /** Mean over every judged query; a query without results counts 0. */
  readonly mean: QualityMetrics
  /** In the order of the judgments. */
  readonly perQuery: ReadonlyMap<string, QualityMetrics>
}

/**
 * Evaluates a run with trec_eval's conventions (golden values from pytrec_eval): documents are ordered by score as a
 * 32-bit float, ties by id in descending byte order, independent of the input order; documents without a judgment are
 * not relevant; results of queries without judgments are ignored.
 */
export function evaluate(run: Run, qrels: Qrels): Evaluation {
  const perQuery = new Map<string, QualityMetrics>()
  for (const [query, grades] of qrels) perQuery.set(query, evaluateQuery(run.get(query) ?? [], grades))
  const mean = (key: keyof QualityMetrics) => {
    let sum = 0
    for (const metrics of perQuery.values()) sum += metrics[key]
    return perQuery.size === 0 ? 0 : sum / perQuery.size
  }
  return {
    mean: {
      ndcg_at_10: mean('ndcg_at_10'),
      recall_at_100: mean('recall_at_100'),
      mrr_at_10: mean('mrr_at_10'),
    },
    perQuery,
  }
}

function evaluateQuery(
  results: readonly ScoredDocument[],
  grades: ReadonlyMap<string, number>,
): QualityMetrics {
  const ranked = trecOrder(results).map(({ id }) => Math.max(0, grades.get(id) ?? 0))
  const ideal = [...grades.values()].filter((grade) => grade > 0).sort((a, b) => b - a)
  if (ideal.length === 0) return { ndcg_at_10: 0, recall_at_100: 0, mrr_at_10: 0 }
  const firstRelevant = ranked.slice(0, 10).findIndex((grade) => grade > 0)
  return {
    ndcg_at_10: discountedGain(ranked) / discountedGain(ideal),
    recall_at_100: ranked.slice(0, 100).filter((grade) => grade > 0).length / ideal.length,
    mrr_at_10: firstRelevant === -1 ? 0 : 1 / (firstRelevant + 1),
  }
}

function trecOrder(results: readonly ScoredDocument[]): ScoredDocument[] {
  return [...results].sort(
    (a, b) =>
      Math.fround(b.score) - Math.fround(a.score) || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id)),
  )
}

/** Sum of grade / log2(rank + 1) over the first 10 (Järvelin and Kekäläinen 2002, linear gain as in trec_eval). */
function discountedGain(grades: readonly number[]): number {
  return grades.slice(0, 10).reduce((sum, grade, index) => sum + grade / Math.log2(index + 2), 0)
}
