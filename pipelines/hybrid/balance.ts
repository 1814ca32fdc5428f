import type { QueryToken } from '../../sparse/query/encode-query.ts'

/** Facts about a query that are known before it runs, without judgments. */
export interface BalanceSignals {
  /** Word pieces of the query with the weights that it will use; at least one. */
  readonly tokens: readonly Pick<QueryToken, 'token' | 'weight'>[]
}

interface Rule {
  readonly when: (signals: BalanceSignals) => boolean
  readonly balance: number
}

/**
 * The first matching rule gives the balance. nDCG@10 by exact sums over the first thousand hits of both signals, idf
 * auto; reports/report-quality.ts measures any set in this way:
 *
 * | balance | 0 | .1 | .2 | .3 | .5 | .7 |
 * | --- | --- | --- | --- | --- | --- | --- |
 * | Cranfield, 1,400 abstracts, 225 questions | .401 | .406 | .409 | .411 | .411 | .411 |
 * | CoSQA, 6,267 functions, 500 web queries | .497 | .498 | .495 | .491 | .482 | .473 |
 *
 * Questions of thirty pieces and more are whole sentences and gain from more BM25; this hint comes from collections
 * that are not kept here.
 */
const RULES: readonly Rule[] = [
  { when: ({ tokens }) => tokens.length >= 30, balance: 0.7 },
  { when: () => true, balance: 0.3 },
]

/** Weight of BM25 beside the sparse score of a query: score = sparse + balance x BM25. */
export function balanceFor(signals: BalanceSignals): number {
  return RULES.find(({ when }) => when(signals))?.balance ?? 0.3
}
