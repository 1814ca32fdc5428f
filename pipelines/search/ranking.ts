import type { API, Client, Types } from '@opensearch-project/opensearch'
import { type EngineFailure, translateEngineFailure } from '../../mappings/index.ts'
import { abortable } from '../../opensearch/abortable.ts'
import { chunks, DEFAULT_LIMITS, type IndexLimits } from '../../opensearch/index-limits.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { fuseMinMax, fuseReciprocalRank, type Ranked } from '../hybrid/fusion.ts'
import type { ScaledQuery } from '../hybrid/one-pass.ts'
import type { QueryClause } from '../query/query-builder.ts'
import type { Rescore } from '../query/two-phase.ts'
import type { CheckedRequest } from './checked-request.ts'
import { preferenceOf } from './preference.ts'
import { DEFAULT_BM25_WEIGHT } from './search-request.ts'
import type { SourceFilter } from './source-fields.ts'

/** A hit as the engine returns it. */
export type EngineHit = Types.Core_Search.Hit<Record<string, unknown>>

/** One page of hits, before explanation and highlights. */
export interface Ranking {
  readonly hits: readonly EngineHit[]
  readonly engineTookMs: number
  readonly total?: number | undefined
  readonly aggregations?: Readonly<Record<string, unknown>> | undefined
  readonly pitId?: string | undefined
}

export interface RankingContext {
  readonly client: Client
  readonly request: CheckedRequest
  readonly source: SourceFilter | false
  readonly limits: IndexLimits
}

/** The two lists that hybrid fuses. */
export interface HybridQueries {
  readonly lexical: QueryClause
  readonly sparse: QueryClause
}

/**
 * Ranks by one query: sparse, bm25, or hybrid in one pass.
 *
 * @param rescore second query whose scores are added to the best hits
 */
export async function rankBy(
  scaled: ScaledQuery,
  context: RankingContext,
  rescore?: Rescore,
): Promise<Ranking> {
  const { request, source } = context
  const { from, size, sort, searchAfter, pit, aggregations, collapse, minScore, postFilter } = request
  // Undefined values stay out of the JSON.
  const body = {
    query: withBoosts(scaled, request),
    from,
    size,
    rescore,
    sort,
    track_scores: sort !== undefined && request.explain ? true : undefined,
    search_after: searchAfter,
    pit: pit && { id: pit.id, keep_alive: pit.keepAlive ?? '1m' },
    aggs: aggregations,
    collapse: collapse && withInnerSource(collapse, source),
    min_score: minScore === undefined ? undefined : minScore * scaled.scale,
    post_filter: postFilter,
  } as API.Search_RequestBody
  const ranking = await searchOnce(context, body)
  return { ...ranking, hits: ranking.hits.map((hit) => unscaled(hit, scaled.scale)) }
}

/** The query with the request's own scoring clauses, which find no documents by themselves. */
export function withBoosts(
  { query, scale }: ScaledQuery,
  { boosts = [] }: Pick<CheckedRequest, 'boosts'>,
): QueryClause {
  if (boosts.length === 0) return query
  const should = scale === 1 ? [...boosts] : [{ bool: { should: [...boosts], boost: scale } }]
  return { bool: { must: [query], should } }
}

function unscaled(hit: EngineHit, scale: number): EngineHit {
  return scale === 1 ? hit : { ...hit, _score: (hit._score ?? 0) / scale }
}

/** Inner hits come without vectors unless the request names their source fields. */
function withInnerSource(collapse: Readonly<Record<string, unknown>>, source: SourceFilter | false): object {
  const inner = collapse.inner_hits
  if (inner === undefined) return collapse
  const one = (asked: unknown) => ({ _source: source, ...(asked as object) })
  return { ...collapse, inner_hits: Array.isArray(inner) ? inner.map(one) : one(inner) }
}

/**
 * Hybrid by the engine's own `hybrid` query and normalization-processor (neural-search plugin, 2.19 and newer). The
 * depth counts per shard there: on an index with several shards the lowest score of a list can be lower than with
 * {@link fuseInClient}, otherwise both rank alike.
 */
export async function fuseInEngine(
  { lexical, sparse }: HybridQueries,
  bm25Weight: number,
  context: RankingContext,
): Promise<Ranking> {
  const { from, size } = context.request
  const depth = checkedDepth(context)
  const body = { ...engineFusion({ lexical, sparse }, bm25Weight, depth), from, size }
  // On a single shard the engine fetches the hits before it fuses them: the whole sources of both lists. The sources of
  // the page are therefore requested afterwards. (The client's types know neither the depth nor a pipeline inside a
  // request.)
  const fused = await searchOnce({ ...context, source: false }, body)
  return { ...fused, ...(await withSources(fused, context)) }
}

/** Query and pipeline of a search whose two lists the engine fuses. @param depth of each list */
export function engineFusion({ lexical, sparse }: HybridQueries, bm25Weight: number, depth: number): object {
  return {
    query: { hybrid: { pagination_depth: depth, queries: [lexical, sparse] } },
    search_pipeline: {
      phase_results_processors: [
        {
          'normalization-processor': {
            normalization: { technique: 'min_max' },
            combination: {
              technique: 'arithmetic_mean',
              parameters: { weights: [bm25Weight, 1 - bm25Weight] },
            },
          },
        },
      ],
    },
  }
}

/**
 * Hybrid without any plugin: one `_msearch` returns both lists, which are fused here; only the sources of the page are
 * then fetched (fetching those of both lists took twice as long). Reciprocal rank fusion always runs here, because the
 * engine ranks by document numbers that several shards share.
 */
export async function fuseInClient(
  { lexical, sparse }: HybridQueries,
  context: RankingContext,
): Promise<Ranking> {
  const { client, request } = context
  const { index, from, size, fusion, trackTotalHits, timeoutMs } = request
  const header = { index, preference: preferenceOf(request), allow_partial_search_results: false }
  const list = { size: checkedDepth(context), track_total_hits: false, _source: false }
  const union = { bool: { should: [lexical, sparse], minimum_should_match: 1 } }
  const reply = await abortable(
    client.msearch(
      {
        body: [
          header,
          { ...list, query: lexical },
          header,
          { ...list, query: sparse },
          ...(trackTotalHits ? [header, { size: 0, track_total_hits: true, query: union }] : []),
        ] as API.Msearch_RequestBody,
      },
      { requestTimeout: timeoutMs, maxRetries: 1 },
    ),
    request.signal,
  )
  const [byText, byWeights, counted] = reply.body.responses.map((response) => resultOf(response, index))
  const fused = fuse([rankedList(byText), rankedList(byWeights)], fusion).slice(from, from + size)
  const hits = fused.map(({ hit, score }) => ({ ...hit, _score: score }))
  const page = await withSources({ hits, engineTookMs: reply.body.took }, context)
  return { ...page, ...(counted === undefined ? {} : { total: totalOf(counted) }) }
}

/**
 * Number of documents that each list gives to the fusion: 100, 1,000 or 10,000, or as many as the index gives. Steps are used instead of `from +
 * size`, since the lowest score of a list moves with its length, and pages would then disagree about the order.
 */
export function fusionDepth(window: number, { resultWindow }: IndexLimits = DEFAULT_LIMITS): number {
  const depth = [100, 1_000, 10_000].find((step) => window <= step) ?? 10_000
  return Math.min(depth, resultWindow)
}

/** @throws LexpandError QUERY for a page beyond the lists of this index */
function checkedDepth({ limits, request }: RankingContext): number {
  const window = request.from + request.size
  if (window <= limits.resultWindow) return fusionDepth(window, limits)
  throw new LexpandError(
    'QUERY',
    `[search] expected from + size of at most ${limits.resultWindow}, which is index.max_result_window of ${request.index}, got ${window}. Ask for less, or raise it with PUT /<index>/_settings {"index.max_result_window": ...}.`,
  )
}

function fuse(lists: readonly (readonly RankedHit[])[], fusion: CheckedRequest['fusion']): RankedHit[] {
  if (fusion.type === 'rrf') return fuseReciprocalRank(lists, fusion.rankConstant)
  const bm25Weight = fusion.type === 'min_max' ? fusion.bm25Weight : DEFAULT_BM25_WEIGHT
  const weights = [bm25Weight, 1 - bm25Weight]
  return fuseMinMax(lists.map((hits, at) => ({ hits, weight: weights[at] ?? 0 })))
}

interface RankedHit extends Ranked {
  readonly hit: EngineHit
}

function rankedList(result: SearchBody | undefined): RankedHit[] {
  return (result?.hits.hits ?? []).map((hit) => ({ key: keyOf(hit), score: hit._score ?? 0, hit }))
}

/** Ids repeat across shards when clients use routing, so routing belongs to the key. */
function keyOf({ _id, _routing }: EngineHit): string {
  return JSON.stringify([_id, _routing ?? ''])
}

/** Adds the sources; a document that was deleted since the lists were made is left out. */
async function withSources({ hits, engineTookMs }: Ranking, context: RankingContext): Promise<Ranking> {
  if (context.source === false || hits.length === 0) return { hits, engineTookMs }
  const values = hits.map(({ _id }) => _id ?? '')
  // Twice the number, for ids that exist with several routings.
  const { resultWindow } = context.limits
  const found = await Promise.all(
    chunks(values, Math.max(1, Math.floor(resultWindow / 2))).map((part) => {
      const size = Math.min(2 * part.length, resultWindow)
      return searchOnce(context, { query: { ids: { values: part } }, size, track_total_hits: false })
    }),
  )
  const sources = new Map(found.flatMap((page) => page.hits).map((hit) => [keyOf(hit), hit._source]))
  const engineTime = Math.max(...found.map((page) => page.engineTookMs))
  return {
    hits: hits.flatMap((hit) => {
      const source = sources.get(keyOf(hit))
      return source === undefined ? [] : [{ ...hit, _source: source }]
    }),
    engineTookMs: engineTookMs + engineTime,
  }
}

async function searchOnce(
  { client, request, source }: RankingContext,
  body: API.Search_RequestBody,
): Promise<Ranking> {
  // A point in time knows its index and its shard copies.
  const place = request.pit === undefined ? { index: request.index, preference: preferenceOf(request) } : {}
  const reply = await abortable(
    client.search(
      {
        ...place,
        // A partial answer looks like a whole one, so a shard that fails is an error.
        allow_partial_search_results: false,
        body: { track_total_hits: request.trackTotalHits, _source: source as boolean, ...body },
      },
      { requestTimeout: request.timeoutMs, maxRetries: 1 },
    ),
    request.signal,
  )
  return {
    hits: reply.body.hits.hits,
    engineTookMs: reply.body.took,
    total: request.trackTotalHits ? totalOf(reply.body) : undefined,
    aggregations: reply.body.aggregations,
    pitId: reply.body.pit_id,
  }
}

type SearchBody = Types.Core_Search.SearchResult<Record<string, unknown>>

function resultOf(response: unknown, index: string): SearchBody {
  const { error, status } = response as { error?: EngineFailure; status?: number }
  if (error !== undefined) throw translateEngineFailure(error, status, { part: 'search', index })
  return response as SearchBody
}

function totalOf({ hits }: SearchBody): number {
  return typeof hits.total === 'number' ? hits.total : (hits.total?.value ?? 0)
}
