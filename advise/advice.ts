import { byteSize } from '../measure/byte-size.ts'
import type { SearchSpeed } from '../measure/search-speed.ts'
import type { QueryIdf } from '../pipelines/index.ts'
import type { Quality } from './quality.ts'

/** One measured configuration. */
export interface Point extends Quality, SearchSpeed {
  /** Its p50 divided by that of the unchanged index, measured in turns. */
  readonly p50_ratio: number
}

export interface PruningPoint extends Point {
  readonly pruning: string
  /** Bytes of the postings of the sample's copy, without source. */
  readonly sample_bytes: number
  /** Estimated bytes for all documents with a vector, in proportion. */
  readonly bytes: number
}

export interface TablePoint extends Point {
  readonly table: QueryIdf
}

export interface TwoPhasePoint extends SearchSpeed {
  readonly cut: number
  readonly window: number
  /** Table whose weights were cut. */
  readonly table: QueryIdf
  /** Number of queries that have word pieces on both sides of the cut. */
  readonly queries_cut: number
  /** Overlap with the whole query on the same copy, 0 to 1. */
  readonly overlap_at_10: number
  /** p50 divided by that of the whole query with the same table. */
  readonly p50_ratio: number
}

/** Limits of an acceptable loss. */
export interface Limits {
  /** Difference of the p50 of equal searches, as a share of it. */
  readonly noise: number
  /** Largest loss of nDCG@10, with judgments. */
  readonly maxLoss: number
  /** Smallest share of the first ten that has to stay, without judgments. */
  readonly minOverlap: number
}

export interface Advice {
  readonly about: 'pruning' | 'query_table' | 'two_phase' | 'search'
  /** Whether to change something. */
  readonly change: boolean
  /** The value to set; the present one when nothing should be changed. */
  readonly value: string
  readonly text: string
}

/** A smaller saving is not worth a reindex. */
const LEAST_SAVING = 0.05
const SIGNIFICANT = 0.05
/** Rescoring is another request shape for every client: it must be clearly faster and almost exact. */
const TWO_PHASE = { overlap: 0.99, ratio: 0.95 }

/**
 * Finds the strongest pruning up to which every weaker one stays within the limits.
 *
 * @param points that of the unchanged index first, then stronger ones
 */
export function advisePruning(points: readonly PruningPoint[], limits: Limits): Advice {
  const [asItIs, ...stronger] = points
  if (asItIs === undefined) throw new RangeError('[advise] expected at least one point, got none.')
  const firstBad = stronger.findIndex((point) => !isWithin(point, limits))
  const good = firstBad < 0 ? stronger : stronger.slice(0, firstBad)
  const best = good.at(-1)
  const keep = (why: string) => ({
    about: 'pruning' as const,
    change: false,
    value: asItIs.pruning,
    text: `Keep pruning ${asItIs.pruning}: ${why}.`,
  })
  if (best === undefined) {
    const next = stronger[0]
    return keep(
      next === undefined
        ? 'no stronger one was measured'
        : `the next, ${next.pruning}, ${lost(next, asItIs, limits)}`,
    )
  }
  const saving = 1 - best.sample_bytes / asItIs.sample_bytes
  if (saving < LEAST_SAVING) {
    return keep(`${best.pruning} would save ${percent(saving)} of the bytes, which is not worth a reindex`)
  }
  return {
    about: 'pruning',
    change: true,
    value: best.pruning,
    text: `Pruning ${best.pruning} instead of ${asItIs.pruning}: ${percent(saving)} fewer bytes of postings (about ${byteSize(asItIs.bytes - best.bytes)} less), ${percent(1 - best.postings_per_query / asItIs.postings_per_query)} fewer postings a query, ${price(best, asItIs, limits.noise)}.`,
  }
}

/**
 * Finds the best query table, if judgments show that it is better than the model's.
 *
 * @param points the model's first
 * @param noise as in {@link Limits}
 */
export function adviseTable(points: readonly TablePoint[], noise: number): Advice {
  const keep = (why: string) => ({
    about: 'query_table' as const,
    change: false,
    value: 'model',
    text: `Keep the query table of the model: ${why}.`,
  })
  const [model, ...others] = points
  if (model?.ndcg_at_10 === undefined) {
    return keep(
      'without --qrels nobody can say whether another one is better; the overlap says how much it would change',
    )
  }
  const better = others.filter(
    ({ against_as_it_is: against }) =>
      against !== undefined && against.mean_difference > 0 && against.p_value < SIGNIFICANT,
  )
  const best = better.sort((a, b) => (b.ndcg_at_10 ?? 0) - (a.ndcg_at_10 ?? 0))[0]
  if (best === undefined) return keep('no other one is significantly better by your judgments')
  return {
    about: 'query_table',
    change: true,
    value: best.table,
    text: `Query table ${best.table} instead of model: ${price(best, model, noise)}.`,
  }
}

/**
 * Advises two-phase scoring where it is clearly faster and almost exact.
 *
 * @param noise as in {@link Limits}
 * @param reason the reason why there are no points
 */
export function adviseTwoPhase(
  points: readonly TwoPhasePoint[],
  noise: number,
  reason: string | undefined,
): Advice {
  const keep = (why: string) => ({
    about: 'two_phase' as const,
    change: false,
    value: 'none',
    text: `No two-phase scoring: ${why}.`,
  })
  if (points.length === 0) return keep(reason ?? 'it was not measured')
  const good = points.filter(
    ({ overlap_at_10, p50_ratio }) =>
      overlap_at_10 >= TWO_PHASE.overlap && p50_ratio <= Math.min(TWO_PHASE.ratio, 1 - 2 * noise),
  )
  const best = good.sort((a, b) => a.p50_ratio - b.p50_ratio)[0]
  if (best === undefined) {
    const tried = points.map(
      ({ cut, overlap_at_10, p50_ratio }) =>
        `cut ${cut}: p50 ${ratio(p50_ratio)}, overlap@10 ${share(overlap_at_10)}`,
    )
    return keep(`nothing is clearly faster and keeps .99 of the first ten (${tried.join('; ')})`)
  }
  return {
    about: 'two_phase',
    change: true,
    value: `cut ${best.cut}, window ${best.window}`,
    text: `Two-phase scoring with cut ${best.cut} and window ${best.window}: p50 ${ratio(best.p50_ratio)}, overlap@10 with the whole query ${share(best.overlap_at_10)}.`,
  }
}

function isWithin(point: PruningPoint, { maxLoss, minOverlap }: Limits): boolean {
  const { against_as_it_is: against } = point
  if (against === undefined) return point.overlap_at_10 >= minOverlap
  const isWorse = against.mean_difference < 0 && against.p_value < SIGNIFICANT
  return -against.mean_difference <= maxLoss && !isWorse
}

function lost(point: PruningPoint, asItIs: PruningPoint, { maxLoss, minOverlap }: Limits): string {
  return point.ndcg_at_10 === undefined
    ? `keeps ${share(point.overlap_at_10)} of the first ten (--min-overlap ${minOverlap})`
    : `has ${quality(point, asItIs)} (--max-loss ${maxLoss}, or a loss that is significant)`
}

function price(point: Point, asItIs: Point, noise: number): string {
  const parts = [latency(point, noise), quality(point, asItIs), `overlap@10 ${share(point.overlap_at_10)}`]
  return parts.filter((part) => part !== '').join(', ')
}

function latency({ p50_ratio }: Point, noise: number): string {
  if (Math.abs(p50_ratio - 1) > noise) return `p50 ${ratio(p50_ratio)}`
  return `p50 ${ratio(p50_ratio)}, no difference where equal searches differ by ${percent(noise)}`
}

function quality({ ndcg_at_10, against_as_it_is }: Point, asItIs: Point): string {
  if (ndcg_at_10 === undefined) return ''
  const p = against_as_it_is === undefined ? '' : ` (p ${against_as_it_is.p_value.toPrecision(2)})`
  return `nDCG@10 ${ndcg_at_10.toFixed(4)} instead of ${(asItIs.ndcg_at_10 ?? 0).toFixed(4)}${p}`
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)}%`
}

function ratio(value: number): string {
  return `${value.toFixed(2)}x`
}

function share(value: number): string {
  return value.toFixed(3)
}
