import type { Types } from '@opensearch-project/opensearch'
import { tokenClause, type VectorType } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { LARGEST_QUERY_WEIGHT, type QueryToken } from '../../sparse/query/encode-query.ts'
import type { QueryIdf } from './corpus-idf.ts'

/** A query clause as the OpenSearch client types it. */
export type QueryClause = Types.Common_QueryDsl.QueryContainer

/**
 * rank_feature: works on every OpenSearch, one clause a token. neural_sparse: one clause in all, needs the
 * neural-search plugin. lexpand: the text itself, needs the Lexpand plugin. All become the same Lucene query, so they
 * rank alike. `search` uses only lexpand for a field of type `lexpand_impacts`.
 */
export type QueryForm = 'rank_feature' | 'neural_sparse' | 'lexpand'

/** Default of `indices.query.bool.max_clause_count`, which counts every leaf of the whole query. */
export const CLAUSE_BUDGET = 1024

export interface SparseQueryOptions {
  readonly field: string
  /** Type of the field; the form rank_feature uses its clauses. @default 'rank_features' */
  readonly vectorType?: VectorType | undefined
  /** Distinct tokens, as returned by `encodeQuery`. */
  readonly tokens: readonly Pick<QueryToken, 'token' | 'weight'>[]
  /** @default 'rank_feature' */
  readonly form?: QueryForm | undefined
  /** The text of the tokens; only the form lexpand sends it. @default '' */
  readonly text?: string | undefined
  /** Weighting of the form lexpand; the tokens of the other forms have their weights already. @default 'model' */
  readonly idf?: QueryIdf | undefined
  /**
   * Factor of the token weights: a boost around the clauses would keep Lucene from flattening them into the surrounding
   * query and from skipping documents.
   *
   * @default 1
   */
  readonly boost?: number | undefined
  /** Distinct pieces of the first hits, for the form lexpand; the other forms have them in `tokens`. @default none */
  readonly added?: SparseQueryOptions['tokens'] | undefined
  /** Clauses that a document must match and that do not change the score. */
  readonly filter?: readonly QueryClause[] | undefined
}

/**
 * The sparse part of a search request: the dot product of query weights and stored weights, exact within the nine bits
 * that Lucene keeps.
 *
 * @throws LexpandError QUERY for no tokens (the engine would answer without hits and without an error), for a token
 *   with a dot, a weight outside (0, 64], a repeated token, or more leaves than {@link CLAUSE_BUDGET}
 */
export function sparseQuery(options: SparseQueryOptions): QueryClause {
  const { filter = [] } = options
  // Without minimum_should_match a filter would make the tokens optional: every document that passes it would be a hit.
  return {
    bool: {
      should: sparseClauses(options),
      minimum_should_match: 1,
      ...(filter.length > 0 ? { filter: [...filter] } : {}),
    },
  }
}

/** Share of BM25 inside the plugin's query. */
export interface LexicalShare {
  readonly lexical: { readonly plain: readonly string[] }
  readonly balance: number
}

/** The optional clauses of {@link sparseQuery}, for queries that hold others beside them. @throws LexpandError as it does */
export function sparseClauses({
  field,
  vectorType = 'rank_features',
  form = 'rank_feature',
  filter = [],
  text = '',
  idf = 'model',
  boost = 1,
  tokens,
  added = [],
  share,
}: SparseQueryOptions & { readonly share?: LexicalShare | undefined }): QueryClause[] {
  const weights = weightedTokens(tokens, boost)
  const more = added.length === 0 ? [] : weightedTokens(added, boost)
  assertClauseBudget(weights.size + added.length, filter)
  const clauses = (of: Iterable<readonly [string, number]>) =>
    Array.from(of, ([token, weight]) => tokenClause(vectorType, field, token, weight))
  return {
    rank_feature: () => clauses(weights),
    neural_sparse: () => [neuralSparse(field, weights)],
    lexpand: () => [lexpand({ field, query: text }, idf, boost, share), ...clauses(more)],
  }[form]()
}

/** Puts the same filters around any other query. */
export function filtered(query: QueryClause, filter: readonly QueryClause[]): QueryClause {
  return filter.length === 0 ? query : { bool: { must: [query], filter: [...filter] } }
}

function neuralSparse(field: string, weights: ReadonlyMap<string, number>): QueryClause {
  return { neural_sparse: { [field]: { query_tokens: Object.fromEntries(weights) } } } as QueryClause
}

/** The plugin multiplies the boost into the token weights, too. */
function lexpand(
  asked: { readonly field: string; readonly query: string },
  idf: QueryIdf,
  boost: number,
  share: LexicalShare | undefined,
): QueryClause {
  const lexical = share && { fields: share.lexical.plain, weight: share.balance }
  return {
    lexpand: {
      ...asked,
      ...(idf === 'model' ? {} : { idf }),
      ...(boost === 1 ? {} : { boost }),
      ...(lexical === undefined ? {} : { lexical }),
    },
  } as QueryClause
}

function weightedTokens(tokens: SparseQueryOptions['tokens'], boost: number): Map<string, number> {
  if (tokens.length === 0) {
    throw new LexpandError(
      'QUERY',
      '[query] expected at least one word piece, got none. Ask for words of the model, or let the query fall back to the text fields.',
    )
  }
  const weights = new Map<string, number>()
  for (const { token, weight } of tokens) {
    const boosted = weight * boost
    if (!(boosted > 0 && boosted <= LARGEST_QUERY_WEIGHT)) {
      throw new LexpandError(
        'QUERY',
        `[query] expected a weight in (0, ${LARGEST_QUERY_WEIGHT}] for ${JSON.stringify(token)}, got ${boosted}. Scale the weights or the boost.`,
      )
    }
    // rank_feature takes the part after the last dot of "field.token" as the token.
    if (token === '' || token.includes('.')) {
      throw new LexpandError(
        'QUERY',
        `[query] expected a token without dots, got ${JSON.stringify(token)}. Use encodeQuery, which leaves such tokens out.`,
      )
    }
    // Lucene adds the boosts of equal clauses, neural_sparse takes the last one: a repeated token is refused, so that both agree.
    if (weights.has(token)) {
      throw new LexpandError(
        'QUERY',
        `[query] expected distinct tokens, got ${JSON.stringify(token)} twice. Merge them first.`,
      )
    }
    weights.set(token, boosted)
  }
  return weights
}

function assertClauseBudget(tokens: number, filter: readonly QueryClause[]): void {
  const inFilter = leaves(filter)
  if (tokens + inFilter <= CLAUSE_BUDGET) return
  throw new LexpandError(
    'QUERY',
    `[query] expected at most ${CLAUSE_BUDGET} clauses, got ${tokens} word pieces and ${inFilter} filter clauses. Shorten the query, or use one terms filter instead of many clauses.`,
  )
}

/** Queries that contain clauses; any other counts as one leaf, even a `terms` filter of many values. */
const COMPOUND = new Set([
  'bool',
  'must',
  'should',
  'filter',
  'must_not',
  'constant_score',
  'dis_max',
  'queries',
  'nested',
  'query',
])

/** Number of leaves of clauses that the request shows; wildcards and analysed text can become more inside the engine. */
export function leaves(clause: unknown): number {
  if (Array.isArray(clause)) return clause.reduce((sum: number, part) => sum + leaves(part), 0)
  if (typeof clause !== 'object' || clause === null) return 0
  return Object.entries(clause).reduce(
    (sum, [name, body]) =>
      typeof body !== 'object' || body === null ? sum : sum + (COMPOUND.has(name) ? leaves(body) : 1),
    0,
  )
}
