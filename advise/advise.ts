import { randomBytes } from 'node:crypto'
import type { Client } from '@opensearch-project/opensearch'
import type { VectorType } from '../mappings/index.ts'
import {
  type Ask,
  overlap,
  type SearchMeasurement,
  type SearchSpeed,
  takeTurns,
} from '../measure/search-speed.ts'
import { SPARSE_FIELD } from '../measure/search-variants.ts'
import { type QueryIdf, sparseQuery, twoPhaseQuery } from '../pipelines/index.ts'
import type { EncodedDocument } from '../quality/corpus-vectors.ts'
import type { Qrels } from '../quality/metrics.ts'
import type { QueryToken, WordPieceTokenizer } from '../sparse/index.ts'
import type { Pruning } from '../sparse/vectors/prune.ts'
import type { PruningPoint, TablePoint, TwoPhasePoint } from './advice.ts'
import { adviseTable } from './advice.ts'
import { type Level, levelsFor } from './levels.ts'
import { type AdviseQuery, measureQuality, QUERY_TABLES } from './quality.ts'
import { fillThrowAway, markOf, removeThrowAways, THROW_AWAY_PREFIX } from './throw-away-index.ts'

export interface AdviseOptions {
  readonly client: Client
  /** The measured index; the mark of the throw-away indices holds its name. */
  readonly index: string
  readonly vectorType: VectorType
  /** Pruning that the stored vectors have been through. */
  readonly held: Pruning
  readonly documents: readonly EncodedDocument[]
  /** Number of documents with a vector in the whole index. */
  readonly allDocuments: number
  readonly queries: readonly AdviseQuery[]
  readonly qrels: Qrels | undefined
  readonly tokenizer: WordPieceTokenizer
  /** Number of counted passes of the latency. */
  readonly rounds: number
  /** Reason why two-phase scoring is not measured; it cannot be on `lexpand_impacts`. */
  readonly noTwoPhase: string | undefined
  readonly signal: AbortSignal
  readonly onStep: (step: string) => void
  /** Gets the names of throw-away indices that could not be deleted. */
  readonly onLeft: (indices: readonly string[]) => void
}

export interface Curves {
  readonly pruning: readonly PruningPoint[]
  readonly query_table: readonly TablePoint[]
  readonly two_phase: readonly TwoPhasePoint[]
  /** Reason why there is no point of two-phase scoring. */
  readonly no_two_phase?: string | undefined
  /** Difference of the p50 of the unchanged index from itself, asked twice in each turn: a smaller difference means nothing. */
  readonly latency_noise: number
}

/** Cuts of two-phase scoring to try, and their window. */
const CUTS = [1, 2]
const WINDOW = 50
/** One page: most users do not look at more. */
const SIZE = 10

/**
 * Measures size, latency and quality of a sample against pruning, query table and two-phase scoring. Writes one
 * throw-away index for each pruning and deletes it on success and failure; after a kill the mark identifies it.
 *
 * @throws the signal's reason; any error of the engine
 */
export async function measureCurves(options: AdviseOptions): Promise<Curves> {
  const { client, vectorType, documents, tokenizer, signal, onStep } = options
  const levels = levelsFor(options.held)
  onStep(`quality of ${levels.length} prunings and ${QUERY_TABLES.length} query tables, in memory`)
  const quality = await measureQuality(
    levels.map(({ ratio }) => ratio),
    options,
  )
  const run = randomBytes(4).toString('hex')
  const names = levels.map((_, at) => `${THROW_AWAY_PREFIX}${run}-${at}`)
  try {
    const copies: MeasuredLevel[] = []
    for (const [at, level] of levels.entries()) {
      const { pruning, ratio } = level
      onStep(`copies of ${documents.length} vectors at ${pruning} (${at + 1} of ${levels.length})`)
      const mark = markOf(options.index)
      const name = names[at] ?? ''
      const index = { name, mark, vectorType }
      const bytes = await fillThrowAway(client, index, { documents, ratio, tokenizer }, signal)
      copies.push({ ...level, index: name, bytes })
    }
    return await withLatency(options, copies, quality)
  } finally {
    const left = await removeThrowAways(client, names)
    if (left.length > 0) options.onLeft(left)
  }
}

type MeasuredQuality = Awaited<ReturnType<typeof measureQuality>>

interface MeasuredLevel extends Level {
  /** Throw-away index of the copies. */
  readonly index: string
  /** Bytes of its postings. */
  readonly bytes: number
}

async function withLatency(
  options: AdviseOptions,
  copies: readonly MeasuredLevel[],
  { prunings, tables, weighted }: MeasuredQuality,
): Promise<Curves> {
  const asItIs = copies[0]?.index ?? ''
  const contestant = (index: string, queries: readonly AdviseQuery[], cut?: number) =>
    asking(index, options.vectorType, queries, cut)
  const model = weighted.get('model') ?? []
  const contestants = new Map(copies.map(({ index }, at) => [`pruning ${at}`, contestant(index, model)]))
  contestants.set('again', contestant(asItIs, model))
  for (const table of QUERY_TABLES.slice(1)) {
    contestants.set(`table ${table}`, contestant(asItIs, weighted.get(table) ?? []))
  }
  // Two-phase scoring is measured with the table to be used: the one that the judgments prefer, else the model's.
  const judged = tables.map((quality, at) => ({
    ...quality,
    ...NO_SPEED,
    table: QUERY_TABLES[at] ?? 'model',
  }))
  const table = adviseTable(judged, 0).value as QueryIdf
  const cut = options.noTwoPhase === undefined ? cutQueries(weighted.get(table) ?? []) : []
  for (const { cut: at, queries } of cut) {
    contestants.set(`two-phase ${at}`, contestant(asItIs, queries, at))
    contestants.set(`whole ${at}`, contestant(asItIs, queries))
  }
  const latency = await timed(options, contestants)
  const speed = (name: string) => latency.speed.get(name) ?? NO_SPEED
  const base = speed('pruning 0')
  const against = (one: SearchSpeed, other: SearchSpeed) => one.p50_ms / other.p50_ms
  const scale = options.allDocuments / Math.max(1, options.documents.length)
  const reason = options.noTwoPhase ?? (cut.length === 0 ? nothingToCut(table) : undefined)
  return {
    pruning: copies.map(({ pruning, bytes }, at) => ({
      pruning,
      ...pick(prunings, at),
      sample_bytes: bytes,
      bytes: Math.round(bytes * scale),
      ...speed(`pruning ${at}`),
      p50_ratio: against(speed(`pruning ${at}`), base),
    })),
    query_table: QUERY_TABLES.map((name, at) => {
      const own = name === 'model' ? base : speed(`table ${name}`)
      return { table: name, ...pick(tables, at), ...own, p50_ratio: against(own, base) }
    }),
    two_phase: cut.map(({ cut: at, queries }) => ({
      cut: at,
      window: WINDOW,
      table,
      queries_cut: queries.length,
      overlap_at_10: overlap(
        latency.hits.get(`whole ${at}`) ?? [],
        latency.hits.get(`two-phase ${at}`) ?? [],
      ),
      ...speed(`two-phase ${at}`),
      p50_ratio: against(speed(`two-phase ${at}`), speed(`whole ${at}`)),
    })),
    ...(reason === undefined ? {} : { no_two_phase: reason }),
    latency_noise: Math.abs(against(speed('again'), base) - 1),
  }
}

const NO_SPEED = { p50_ms: 0, p90_ms: 0, p99_ms: 0, ops_per_second: 0, p50_ratio: 1 }

function pick<T>(list: readonly T[], at: number): T {
  const found = list[at]
  if (found === undefined) throw new RangeError(`[advise] expected point ${at}, got ${list.length} points.`)
  return found
}

/** Only queries that the cut divides; for the others both requests are the same. */
function cutQueries(queries: readonly AdviseQuery[]): { cut: number; queries: AdviseQuery[] }[] {
  return CUTS.map((cut) => ({ cut, queries: queries.filter(({ tokens }) => isDivided(tokens, cut)) })).filter(
    (one) => one.queries.length > 0,
  )
}

function isDivided(tokens: readonly QueryToken[], cut: number): boolean {
  return tokens.some(({ weight }) => weight < cut) && tokens.some(({ weight }) => weight >= cut)
}

function nothingToCut(table: QueryIdf): string {
  return `no query has word pieces on both sides of a cut at ${CUTS.join(' or ')} (query table ${table})`
}

/** Stock clauses, whatever the type: the plugin's query accepts no weights from outside. */
function asking(index: string, vectorType: VectorType, queries: readonly AdviseQuery[], cut?: number) {
  const bodies = queries.map(({ tokens }) => {
    const options = { field: SPARSE_FIELD, vectorType, tokens }
    const phases = cut === undefined ? undefined : twoPhaseQuery(options, { cut, window: WINDOW }, SIZE)
    const search =
      phases === undefined
        ? { query: sparseQuery(options) }
        : { query: phases.query, rescore: phases.rescore }
    return JSON.stringify({ size: SIZE, track_total_hits: false, _source: false, ...search })
  })
  return { path: `/${index}/_search`, bodies }
}

async function timed(
  { client, rounds, signal, onStep }: AdviseOptions,
  contestants: Parameters<typeof takeTurns>[1],
): Promise<SearchMeasurement> {
  const ask: Ask = async (path, body) => {
    signal.throwIfAborted()
    const startedAt = performance.now()
    const reply = await client.transport.request({ method: 'POST', path, body })
    const milliseconds = performance.now() - startedAt
    const { hits } = (reply.body as { hits: { hits: readonly { _id: string }[] } }).hits
    return { milliseconds, ids: hits.map(({ _id }) => _id) }
  }
  return takeTurns(ask, contestants, rounds, (round) =>
    onStep(round === 0 ? 'latency: warmed up' : `latency: round ${round} of ${rounds}`),
  )
}
