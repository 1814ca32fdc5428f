import { sparseQuery } from '../pipelines/index.ts'
import { encodeQuery, type QueryTable, type WordPieceTokenizer } from '../sparse/index.ts'

/** Fields of the benchmark's indices. */
export const TEXT_FIELD = 'text'
export const SPARSE_FIELD = 'sparse'

/** One index a field kind, so that sizes can be told apart and no field pays for its neighbour. */
export const FIELD_KINDS = ['text', 'rank_features', 'lexpand_impacts'] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

/** What a query asks for: the text, and its weighted word pieces. */
export interface BenchQuery {
  readonly text: string
  readonly tokens: ReturnType<typeof encodeQuery>
}

export interface Variant {
  readonly kind: FieldKind
  readonly query: (query: BenchQuery) => object
}

/**
 * Ways to ask for the same documents. `lexpand` is our query, exact; `rank_feature`, `neural_sparse` and
 * `impact_terms` are Lucene's own optional clauses over the same postings; `bm25` is a `match` of the text with the
 * english analyzer.
 */
export const VARIANTS = {
  bm25: { kind: 'text', query: ({ text }) => ({ match: { [TEXT_FIELD]: text } }) },
  rank_feature: { kind: 'rank_features', query: (query) => clauses(query, 'rank_feature') },
  neural_sparse: { kind: 'rank_features', query: (query) => clauses(query, 'neural_sparse') },
  lexpand: { kind: 'rank_features', query: lexpand },
  impact_terms: {
    kind: 'lexpand_impacts',
    query: ({ tokens }) => ({
      bool: {
        should: tokens.map(({ token, weight }) => ({
          term: { [SPARSE_FIELD]: { value: token, boost: weight } },
        })),
      },
    }),
  },
  lexpand_impacts: { kind: 'lexpand_impacts', query: lexpand },
} as const satisfies Record<string, Variant>

export type VariantName = keyof typeof VARIANTS

/** Queries that have word pieces to ask for. */
export function benchQueries(
  texts: Iterable<string>,
  model: { readonly tokenizer: WordPieceTokenizer; readonly queryTable: QueryTable },
): BenchQuery[] {
  return Array.from(texts, (text) => ({
    text,
    tokens: encodeQuery(text, model.tokenizer, model.queryTable),
  })).filter(({ tokens }) => tokens.length > 0)
}

function clauses({ tokens }: BenchQuery, form: 'rank_feature' | 'neural_sparse'): object {
  return sparseQuery({ field: SPARSE_FIELD, tokens, form })
}

function lexpand({ text }: BenchQuery): object {
  return { lexpand: { field: SPARSE_FIELD, query: text } }
}
