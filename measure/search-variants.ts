import {
  DEFAULT_BM25_WEIGHT,
  engineFusion,
  fusionDepth,
  lexicalQuery,
  type QueryClause,
  sparseQuery,
} from '../pipelines/index.ts'
import { encodeQuery, type QueryTable, type WordPieceTokenizer } from '../sparse/index.ts'
import type { SearchContestant } from './measured-request.ts'

/** Name of the text field of the benchmark's indices. */
export const TEXT_FIELD = 'text'
export const SPARSE_FIELD = 'sparse'
/** Field whose values 0 to 99 each occur in a hundredth of the documents; filters use it. */
export const HUNDREDTH_FIELD = 'hundredth'

/** Hundredths of the documents that each filter lets through. */
export const FILTERS = [50, 10, 1] as const

/** One index for each kind, so that sizes can be compared and no field pays for another; `both` holds text and vector. */
export const FIELD_KINDS = ['text', 'rank_features', 'lexpand_impacts', 'both', 'sparse_vector'] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

/** A query: its text and its weighted word pieces. */
export interface BenchQuery {
  readonly text: string
  readonly tokens: ReturnType<typeof encodeQuery>
}

export interface Variant {
  readonly kind: FieldKind
  /** The varying parts of a `_search`, or the queries whose lists one `_msearch` returns. */
  readonly search: (query: BenchQuery, size: number) => object | readonly QueryClause[]
  /** Whether its hits should be those of `rank_feature`. */
  readonly comparable: boolean
  /** Whether it searches for nothing that a filter beside it could change. */
  readonly isFloor?: boolean | undefined
  /** A search pipeline that exists during the benchmark. */
  readonly pipeline?: { readonly name: string; readonly body: object } | undefined
}

/**
 * Ways to search the same documents, and two floors: `match_none` finds nothing, `unscored` takes the first documents
 * that a filter lets through, so that only fetching them is measured. `lexpand` is the plugin's query, exact;
 * `rank_feature`, `neural_sparse` and `impact_terms` are Lucene's own optional clauses over the same postings; `bm25`
 * is a `match` of the text with the english analyzer. `neural_sparse_two_phase` has the peer's processor with its
 * defaults, and `seismic` the peer's approximate index with its defaults. `hybrid` is fused by the engine and holds
 * stock clauses, `hybrid_lexpand` the plugin's query; `hybrid_client` is one `_msearch` of both lists, without the
 * fusion.
 */
export const VARIANTS = {
  match_none: floor('text', () => ({ match_none: {} })),
  unscored: floor('rank_features', ({ text }) => ({
    constant_score: { filter: { term: { [HUNDREDTH_FIELD]: text.length % 100 } } },
  })),
  bm25: {
    kind: 'text',
    search: ({ text }) => ({ query: lexicalQuery({ plain: [TEXT_FIELD] }, text) }),
    comparable: false,
  },
  rank_feature: sparse('rank_features', (query) => clauses(query)),
  neural_sparse: sparse('rank_features', ({ tokens }) => neuralSparse(tokens, 'token')),
  neural_sparse_two_phase: {
    ...sparse('rank_features', ({ tokens }) => neuralSparse(tokens, 'token')),
    pipeline: {
      name: 'lexpand-bench-two-phase',
      body: { request_processors: [{ neural_sparse_two_phase_processor: {} }] },
    },
  },
  lexpand: sparse('rank_features', lexpand),
  impact_terms: sparse('lexpand_impacts', ({ tokens }) => ({
    bool: {
      should: tokens.map(({ token, weight }) => ({
        term: { [SPARSE_FIELD]: { value: token, boost: weight } },
      })),
    },
  })),
  lexpand_impacts: sparse('lexpand_impacts', lexpand),
  hybrid: hybrid((query, size) => fused(query, clauses(query), size)),
  hybrid_lexpand: hybrid((query, size) => fused(query, lexpand(query), size)),
  hybrid_client: hybrid((query) => [lexicalQuery({ plain: [TEXT_FIELD] }, query.text), clauses(query)]),
  seismic: sparse('sparse_vector', ({ tokens }) => ({
    ...neuralSparse(tokens, 'tokenId', { method_parameters: { heap_factor: 1 } }),
  })),
} as const satisfies Record<string, Variant>

export type VariantName = keyof typeof VARIANTS

/** Queries with at least one word piece. */
export function benchQueries(
  texts: Iterable<string>,
  model: { readonly tokenizer: WordPieceTokenizer; readonly queryTable: QueryTable },
): BenchQuery[] {
  return Array.from(texts, (text) => ({
    text,
    tokens: encodeQuery(text, model.tokenizer, model.queryTable),
  })).filter(({ tokens }) => tokens.length > 0)
}

export interface ContestantOptions {
  /** Number of hits. */
  readonly size: number
  /** Whether `track_total_hits` keeps the engine's default instead of false. */
  readonly counted?: boolean | undefined
  /** Hundredths of the documents that a filter beside the query lets through; not for lists that are fused. */
  readonly passing?: number | undefined
}

/** The requests of a variant. */
export function contestantOf(
  { search, pipeline }: Variant,
  index: string,
  queries: readonly BenchQuery[],
  { size, counted = false, passing }: ContestantOptions,
): SearchContestant {
  const page = { ...(counted ? {} : { track_total_hits: false }), _source: false }
  const bodies = queries.map((query) => {
    const found = search(query, size)
    if (!isList(found)) return JSON.stringify({ size, ...page, ...filtered(found, passing) })
    const lists = found.map((clause) => ({ size: fusionDepth(size), ...page, query: clause }))
    return lists.map((list) => `{}\n${JSON.stringify(list)}\n`).join('')
  })
  const asksForLists = queries[0] !== undefined && isList(search(queries[0], size))
  const parameters = pipeline === undefined ? '' : `?search_pipeline=${pipeline.name}`
  return { path: `/${index}/${asksForLists ? '_msearch' : '_search'}${parameters}`, bodies }
}

function isList(search: ReturnType<Variant['search']>): search is readonly QueryClause[] {
  return Array.isArray(search)
}

function filtered(search: { readonly query?: object }, passing: number | undefined): object {
  if (passing === undefined) return search
  const filter = [{ range: { [HUNDREDTH_FIELD]: { lt: passing } } }]
  return { ...search, query: { bool: { must: [search.query], filter } } }
}

function sparse(kind: FieldKind, query: (query: BenchQuery) => object): Variant {
  return { kind, search: (asked) => ({ query: query(asked) }), comparable: true }
}

function floor(kind: FieldKind, query: (query: BenchQuery) => object): Variant {
  return { kind, search: (asked) => ({ query: query(asked) }), comparable: false, isFloor: true }
}

function hybrid(search: Variant['search']): Variant {
  return { kind: 'both', search, comparable: false }
}

function clauses({ tokens }: BenchQuery): QueryClause {
  return sparseQuery({ field: SPARSE_FIELD, tokens, form: 'rank_feature' })
}

/** The clause stands on the top level, where the peer's processor looks for it. */
function neuralSparse(tokens: BenchQuery['tokens'], key: 'token' | 'tokenId', more: object = {}): object {
  const query_tokens = Object.fromEntries(tokens.map((token) => [token[key], token.weight]))
  return { neural_sparse: { [SPARSE_FIELD]: { query_tokens, ...more } } }
}

function lexpand({ text }: BenchQuery): QueryClause {
  return { lexpand: { field: SPARSE_FIELD, query: text } } as QueryClause
}

function fused({ text }: BenchQuery, sparse: QueryClause, size: number): object {
  return engineFusion(
    { lexical: lexicalQuery({ plain: [TEXT_FIELD] }, text), sparse },
    DEFAULT_BM25_WEIGHT,
    fusionDepth(size),
  )
}
