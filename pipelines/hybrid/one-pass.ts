import { inStates, type LexicalFields } from '../../mappings/index.ts'
import { LARGEST_QUERY_WEIGHT } from '../../sparse/query/encode-query.ts'
import { boosted, type WeightedText } from '../query/conversation.ts'
import { leadingTerms } from '../query/leading-terms.ts'
import { lexicalQuery } from '../query/lexical-query.ts'
import {
  CLAUSE_BUDGET,
  leaves,
  type QueryClause,
  type SparseQueryOptions,
  sparseClauses,
} from '../query/query-builder.ts'

export interface OnePassOptions extends Omit<SparseQueryOptions, 'boost'> {
  readonly text: string
  /** Turns before the text, with what they count for; the form lexpand cannot ask for them. @default none */
  readonly earlier?: readonly WeightedText[] | undefined
  readonly lexical: LexicalFields
  /** What BM25 counts for beside the sparse score, 0 to 1,000: score = sparse + balance x BM25. At 0 it finds nothing. */
  readonly balance: number
  /** What documents without a vector get beside their share: a multiple of BM25 (`liftFor`). @default 0: there are none */
  readonly lift?: number | undefined
}

/** A query whose scores are a multiple of what they stand for. */
export interface ScaledQuery {
  readonly query: QueryClause
  /** Above 0: score of the engine = scale x score. */
  readonly scale: number
}

/**
 * Both signals in one query: score = sparse + balance x BM25. One flat list of optional clauses, which Lucene skips by;
 * a boost around the text would keep it from flattening, so the weights of the word pieces are divided by the balance
 * instead and `scale` says so. One list of hits: pages, totals, sort, aggregations and collapse are those of any query.
 *
 * A text with more words than the clause budget leaves room for is searched by its first ones.
 *
 * @throws LexpandError QUERY as `sparseQuery` does, or where no query can reach a text field
 */
export function onePassQuery(options: OnePassOptions): ScaledQuery {
  const { form = 'rank_feature', filter = [], balance, lift = 0, earlier = [] } = options
  const searched = leadingTerms(options.text, roomForText(options))
  const inPlugin = form === 'lexpand' && searched === options.text && asksInPlugin(options)
  const scale = inPlugin ? 1 : scaleFor(options)
  const text = lexicalQuery(options.lexical, searched)
  const should = [
    ...(inPlugin || balance === 0 ? [] : [boosted(text, balance * scale)]),
    ...(balance === 0 ? [] : earlier.map((turn) => ofTurn(turn, options, scale))),
    ...sparseClauses({ ...options, boost: scale, share: inPlugin ? options : undefined }),
    ...(lift > 0 ? [lifted(text, lift * scale)] : []),
  ]
  return { query: { bool: { should, minimum_should_match: 1, filter: [...filter] } }, scale }
}

function ofTurn({ text, weight }: WeightedText, { lexical, balance }: OnePassOptions, scale: number) {
  return boosted(lexicalQuery(lexical, text), balance * scale * weight)
}

/** The plugin's hybrid takes fields that an ordinary query reaches, 64 at most. */
function asksInPlugin({ lexical: { plain, nested = {} }, balance }: OnePassOptions): boolean {
  return balance > 0 && plain.length > 0 && plain.length <= 64 && Object.keys(nested).length === 0
}

/** 1 / balance, or as much of it as the engine's limit of a clause's weight allows. */
function scaleFor({ balance, tokens }: OnePassOptions): number {
  if (balance === 0) return 1
  const heaviest = tokens.reduce((most, { weight }) => Math.max(most, weight), 0)
  return Math.min(1 / balance, LARGEST_QUERY_WEIGHT / heaviest)
}

/** Words of the text that the engine's limit of clauses leaves room for. */
function roomForText({ tokens, lexical, filter = [], lift = 0, earlier = [] }: OnePassOptions): number {
  const { plain, nested = {} } = lexical
  const fields = plain.length + Object.values(nested).flat().length
  const room = CLAUSE_BUDGET - tokens.length - leaves(filter)
  const before = earlier.reduce((words, { text }) => words + text.split(' ').length, 0)
  return Math.floor(room / (fields * (lift > 0 ? 2 : 1))) - before
}

/** `ready` has its own score, `empty` has no words: what is in no or any other state waits, or failed. */
function lifted(text: QueryClause, boost: number): QueryClause {
  return { bool: { must: [text], must_not: [inStates('ready')], boost } }
}
