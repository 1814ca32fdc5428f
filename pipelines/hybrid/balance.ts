import type { QueryToken } from '../../sparse/query/encode-query.ts'

/** What is known of a query, without judgments, before it is asked. */
export interface BalanceSignals {
  /** Of the query, weighted as they will be asked for; at least one. */
  readonly tokens: readonly Pick<QueryToken, 'token' | 'weight'>[]
}

interface Rule {
  readonly when: (signals: BalanceSignals) => boolean
  readonly balance: number
}

/**
 * The first rule that holds gives the balance. Cranfield (1,400 abstracts, 225 questions), nDCG@10 by exact sums over the first thousand of
 * both, idf auto: balance 0 .401, .1 .406, .2 .409, .3 .411, .5 .411, .7 .411 (reports/report-quality.ts measures these ways on any
 * set). CoSQA (6,267 functions, 500 web queries): 0 .497, .1 .498, .2 .495, .3 .491, .5 .482, .7 .473. Questions of thirty pieces and more are written out and want more of BM25: a lead from collections that are not kept here.
 */
const RULES: readonly Rule[] = [
  { when: ({ tokens }) => tokens.length >= 30, balance: 0.7 },
  { when: () => true, balance: 0.3 },
]

/** What BM25 counts for beside the sparse score of a query: score = sparse + balance x BM25. */
export function balanceFor(signals: BalanceSignals): number {
  return RULES.find(({ when }) => when(signals))?.balance ?? 0.3
}
