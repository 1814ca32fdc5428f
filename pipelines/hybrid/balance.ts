import type { QueryToken } from '../../sparse/query/encode-query.ts'

/** What is known of a query, without judgments, before it is asked. */
export interface BalanceSignals {
  /** Word pieces of the query, weighted as they will be asked for; at least one. */
  readonly tokens: readonly Pick<QueryToken, 'token' | 'weight'>[]
}

interface Rule {
  readonly when: (signals: BalanceSignals) => boolean
  readonly balance: number
}

/**
 * The first rule that holds gives the balance. nDCG@10 by exact sums over the first thousand of both, idf auto; any set is measured so
 * by reports/report-quality.ts:
 *
 * | balance | 0 | .1 | .2 | .3 | .5 | .7 |
 * | --- | --- | --- | --- | --- | --- | --- |
 * | Cranfield, 1,400 abstracts, 225 questions | .401 | .406 | .409 | .411 | .411 | .411 |
 * | CoSQA, 6,267 functions, 500 web queries | .497 | .498 | .495 | .491 | .482 | .473 |
 *
 * Questions of thirty pieces and more are written out and want more of BM25: a lead from collections that are not kept here.
 */
const RULES: readonly Rule[] = [
  { when: ({ tokens }) => tokens.length >= 30, balance: 0.7 },
  { when: () => true, balance: 0.3 },
]

/** What BM25 counts for beside the sparse score of a query: score = sparse + balance x BM25. */
export function balanceFor(signals: BalanceSignals): number {
  return RULES.find(({ when }) => when(signals))?.balance ?? 0.3
}
