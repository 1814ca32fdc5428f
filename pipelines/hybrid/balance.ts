/** Facts about a query that are known before it runs, without judgments. */
export interface BalanceSignals {
  /** Distinct word pieces of the question itself, earlier turns of a conversation not counted; at least one. */
  readonly pieces: number
}

interface Rule {
  readonly when: (signals: BalanceSignals) => boolean
  readonly balance: number
}

/**
 * The first matching rule gives the balance. Long queries are written out: they name their subject in the words of the
 * documents, and BM25 tells more there. nDCG@10 by exact sums over the first thousand hits of both signals, idf auto,
 * lexpand-mini-v1 0.3.0, queries of one length in one set (40 and more). Cranfield, CoSQA, Climate-FEVER, SciFact and
 * mtRAG are test collections; the others are questions, headings and summaries of the held-out tenth of the training
 * text, each with the passage it belongs to as the right answer:
 *
 * | pieces | set | queries | 0 | .1 | .15 | .2 | .3 | .5 | .7 |
 * | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
 * | 1 to 8 | CoSQA | 463 | .505 | .507 | .503 | .502 | .498 | .487 | .478 |
 * | | mtRAG | 149 | .573 | .577 | .570 | .568 | .564 | .561 | .559 |
 * | | Climate-FEVER | 146 | .471 | .473 | .467 | .463 | .465 | .467 | .464 |
 * | | medical answers | 123 | .679 | .675 | .673 | .670 | .662 | .656 | .649 |
 * | | stories | 98 | .801 | .804 | .813 | .815 | .811 | .812 | .814 |
 * | | encyclopaedia | 237 | .873 | .876 | .879 | .875 | .876 | .874 | .870 |
 * | | packages | 175 | .896 | .897 | .897 | .895 | .894 | .890 | .883 |
 * | | manuals | 226 | .732 | .727 | .727 | .728 | .730 | .731 | .728 |
 * | 9 to 13 | SciFact | 103 | .696 | .695 | .696 | .694 | .695 | .701 | .708 |
 * | | Cranfield | 86 | .412 | .417 | .422 | .424 | .427 | .428 | .427 |
 * | | Climate-FEVER | 305 | .413 | .414 | .414 | .415 | .416 | .414 | .411 |
 * | | mtRAG | 41 | .510 | .490 | .483 | .482 | .464 | .452 | .449 |
 * | | answer sentences | 81 | .859 | .864 | .864 | .869 | .870 | .865 | .868 |
 * | | stories | 134 | .852 | .855 | .853 | .856 | .850 | .851 | .851 |
 * | 14 to 29 | SciFact | 155 | .726 | .721 | .726 | .728 | .733 | .736 | .739 |
 * | | Cranfield | 94 | .377 | .382 | .385 | .383 | .389 | .389 | .389 |
 * | | Climate-FEVER | 559 | .412 | .419 | .422 | .423 | .424 | .423 | .420 |
 * | | abstracts | 98 | .968 | .968 | .970 | .970 | .977 | .978 | .978 |
 * | 30 and more | Climate-FEVER | 51 | .405 | .400 | .402 | .398 | .396 | .409 | .412 |
 *
 * Weaker signals, which were tried and left out: the share of weight in split words, digits, how many of their first
 * ten hits both sides share, and how far the first score stands out. `lexpand advise` measures the balance of an index.
 */
const RULES: readonly Rule[] = [
  { when: ({ pieces }) => pieces >= 30, balance: 0.7 },
  { when: ({ pieces }) => pieces >= 14, balance: 0.5 },
  { when: ({ pieces }) => pieces >= 9, balance: 0.2 },
]

const SHORT_QUERY_BALANCE = 0.15

/** Weight of BM25 beside the sparse score of a query: score = sparse + balance x BM25. */
export function balanceFor(signals: BalanceSignals): number {
  return RULES.find(({ when }) => when(signals))?.balance ?? SHORT_QUERY_BALANCE
}
