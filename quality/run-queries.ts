import type { Client } from '@opensearch-project/opensearch'
import { type Latency, latency } from '../measure/latency.ts'
import { resultWindow } from '../opensearch/index-limits.ts'
import { type SearchMode, type SearchRequest, type SearchResources, search } from '../pipelines/index.ts'
import type { Run, ScoredDocument } from './metrics.ts'

export interface QuerySet {
  readonly client: Client
  readonly index: string
  readonly resources: SearchResources
  /** Query id -> text. */
  readonly queries: ReadonlyMap<string, string>
  /** Options of every query, such as `idf`. @default the defaults of a search */
  readonly options?: Pick<SearchRequest, 'idf' | 'fusion' | 'feedback'> | undefined
}

/** A mode of a search, or the default behaviour of a request that names no mode. */
export type MeasuredMode = SearchMode | 'default'

/** Judged queries are plain texts: a quotation mark in one is no operator. */
function requestOf(
  { index, options }: QuerySet,
  text: string,
  mode: MeasuredMode,
  size: number,
): SearchRequest {
  return {
    ...options,
    feedback: mode === 'bm25' ? undefined : options?.feedback,
    index,
    text,
    mode: mode === 'default' ? undefined : mode,
    size,
    sourceFields: [],
    emptyQuery: 'lexical',
    operators: false,
  }
}

/** Number of hits that the metrics read. */
const DEPTH = 100

/**
 * Ranks the first {@link DEPTH} documents for every query, fewer where the index gives fewer. A document whose id is that of the query is removed:
 * in some BEIR collections the queries are documents, too.
 */
export async function rankAll(set: QuerySet, mode: MeasuredMode): Promise<Run> {
  const { client, resources, queries } = set
  const run = new Map<string, ScoredDocument[]>()
  const depth = Math.min(DEPTH + 1, await resultWindow(client, set.index))
  for (const [id, text] of queries) {
    const { hits } = await search(client, resources, requestOf(set, text, mode, depth))
    const ranked = hits.map((hit) => ({ id: hit.id, score: hit.score }))
    run.set(id, ranked.filter((hit) => hit.id !== id).slice(0, DEPTH))
  }
  return run
}

export interface TimedRun {
  readonly latency: Latency
  /** Query id -> ids of the first ten. */
  readonly firstTen: ReadonlyMap<string, readonly string[]>
}

/** Smallest number of measured requests of a mode; a few queries are sent several times. */
const FEWEST_REQUESTS = 300

/**
 * Times the first page (10 hits, no source) of every query, one request after the other on one connection, as the
 * caller sees it: query encoding, engine, HTTP. Modes take turns for each query, after one pass that does not count.
 */
export async function timeAll<Mode extends MeasuredMode>(
  set: QuerySet,
  modes: readonly Mode[],
): Promise<Map<Mode, TimedRun>> {
  const { client, resources, queries } = set
  const times = new Map<Mode, number[]>(modes.map((mode) => [mode, []]))
  const pages = new Map<Mode, Map<string, string[]>>(modes.map((mode) => [mode, new Map()]))
  const passes = Math.max(1, Math.ceil(FEWEST_REQUESTS / queries.size))
  for (let pass = 0; pass <= passes; pass++) {
    for (const [id, text] of queries) {
      for (const mode of modes) {
        const startedAt = performance.now()
        const { hits } = await search(client, resources, requestOf(set, text, mode, 10))
        const passed = performance.now() - startedAt
        if (pass > 0) times.get(mode)?.push(passed)
        else
          pages.get(mode)?.set(
            id,
            hits.map((hit) => hit.id),
          )
      }
    }
  }
  return new Map(
    modes.map((mode) => [
      mode,
      { latency: latency(times.get(mode) ?? []), firstTen: pages.get(mode) ?? new Map() },
    ]),
  )
}
