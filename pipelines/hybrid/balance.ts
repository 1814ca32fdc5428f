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
 * The first rule that holds gives the balance. Evidence: .3 is the best single number over six collections (abstracts, answers,
 * web passages; figures in docs/quality.md); questions of thirty pieces and more, which are written out, want .7 there.
 */
const RULES: readonly Rule[] = [
  { when: ({ tokens }) => tokens.length >= 30, balance: 0.7 },
  { when: () => true, balance: 0.3 },
]

/** What BM25 counts for beside the sparse score of a query: score = sparse + balance x BM25. */
export function balanceFor(signals: BalanceSignals): number {
  return RULES.find(({ when }) => when(signals))?.balance ?? 0.3
}
