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
  /** Earlier turns of a conversation with their weights; the form lexpand cannot use them. @default none */
  readonly earlier?: readonly WeightedText[] | undefined
  readonly lexical: LexicalFields
  /** Weight of BM25 beside the sparse score, 0 to 1,000: score = sparse + balance x BM25. At 0 BM25 finds nothing. */
  readonly balance: number
  /** Additional score of documents without a vector, as a multiple of BM25 (`liftFor`). @default 0: there are none */
  readonly lift?: number | undefined
}

/** A query whose scores in the engine are a multiple of the scores to return. */
export interface ScaledQuery {
  readonly query: QueryClause
  /** Above 0: score of the engine = scale x score. */
  readonly scale: number
}

/**
 * Both signals in one query: score = sparse + balance x BM25. It is one flat list of optional clauses, which lets
 * Lucene skip documents. A boost around the text would keep Lucene from flattening it, so the weights of the word
 * pieces are divided by the balance instead, and `scale` holds the factor. The result is one list of hits: pages,
 * totals, sort, aggregations and collapse work as in any query.
 *
 * A text with more words than the clause budget has room for is searched by its first words.
 *
 * @throws LexpandError QUERY as `sparseQuery` does, or when no query can reach a text field
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
    ...piecesWith(options, scale, inPlugin),
    ...(lift > 0 ? [lifted(text, lift * scale)] : []),
  ]
  return { query: { bool: { should, minimum_should_match: 1, filter: [...filter] } }, scale }
}

/**
 * Times that a heavy piece stands in a query. Lucene adds the weights of equal clauses up, so that a piece can weigh more
 * than the engine takes for one clause, and a small balance needs no boost around the text.
 */
const REPEATS = 4

/** Pieces of a query up to which the heavy ones are repeated: the clauses then stay within half of the engine's limit. */
const MOST_REPEATED = CLAUSE_BUDGET / 2 / REPEATS

function repeatsOf({ tokens, form = 'rank_feature' }: OnePassOptions): number {
  return form === 'rank_feature' && tokens.length <= MOST_REPEATED ? REPEATS : 1
}

/** The word pieces with their weights times the scale. @throws LexpandError as `sparseClauses` does */
function piecesWith(options: OnePassOptions, scale: number, inPlugin: boolean): QueryClause[] {
  const { tokens } = options
  const share = inPlugin ? options : undefined
  const repeats = repeatsOf(options)
  if (repeats === 1) return sparseClauses({ ...options, boost: scale, share })
  const heavy = heavyOf(tokens, scale)
  if (heavy.length === 0) return sparseClauses({ ...options, boost: scale })
  const light = tokens.filter((token) => !heavy.includes(token))
  const clausesOf = (of: OnePassOptions['tokens'], boost: number) =>
    of.length === 0 ? [] : sparseClauses({ ...options, tokens: of, boost })
  const repeated = clausesOf(heavy, scale / repeats)
  return [...clausesOf(light, scale), ...Array.from({ length: repeats }, () => repeated).flat()]
}

function heavyOf(tokens: OnePassOptions['tokens'], scale: number): OnePassOptions['tokens'] {
  return tokens.filter(({ weight }) => weight * scale > LARGEST_QUERY_WEIGHT)
}

function ofTurn({ text, weight }: WeightedText, { lexical, balance }: OnePassOptions, scale: number) {
  return boosted(lexicalQuery(lexical, text), balance * scale * weight)
}

/** The plugin's hybrid takes at most 64 fields, and only fields that an ordinary query reaches. */
function asksInPlugin({ lexical: { plain, nested = {} }, balance }: OnePassOptions): boolean {
  return balance > 0 && plain.length > 0 && plain.length <= 64 && Object.keys(nested).length === 0
}

/** 1 / balance, within the engine's limit of a clause's weight. */
function scaleFor(options: OnePassOptions): number {
  const { balance, tokens, added = [] } = options
  if (balance === 0) return 1
  const heaviest = [...tokens, ...added].reduce((most, { weight }) => Math.max(most, weight), 0)
  // A hair less, since the product may round to more than the limit.
  return Math.min(1 / balance, (repeatsOf(options) * LARGEST_QUERY_WEIGHT * (1 - 1e-12)) / heaviest)
}

/** Number of words of the text that fit into the engine's limit of clauses. */
function roomForText(options: OnePassOptions): number {
  const { tokens, added = [], lexical, filter = [], lift = 0, earlier = [] } = options
  const { plain, nested = {} } = lexical
  const fields = plain.length + Object.values(nested).flat().length
  const pieces =
    tokens.length + added.length + (repeatsOf(options) - 1) * heavyOf(tokens, scaleFor(options)).length
  const room = CLAUSE_BUDGET - pieces - leaves(filter)
  const before = earlier.reduce((words, { text }) => words + text.split(' ').length, 0)
  return Math.floor(room / (fields * (lift > 0 ? 2 : 1))) - before
}

/** Adds the lift to documents that are neither `ready` (they have a score of their own) nor `empty` (they have no words). */
function lifted(text: QueryClause, boost: number): QueryClause {
  return { bool: { must: [text], must_not: [inStates('ready')], boost } }
}
