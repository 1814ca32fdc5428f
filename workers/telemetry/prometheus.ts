import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { BoundedLabels } from './bounded-labels.ts'
import type { Telemetry } from './telemetry.ts'

export interface PrometheusTelemetry {
  readonly telemetry: Telemetry
  /** Registry of this telemetry alone, so that two workers in one process do not share counts. Other metrics may be added. */
  readonly registry: Registry
  /** Names of the indices that have been reported and have series of their own. */
  indices(): readonly string[]
}

export interface PrometheusOptions {
  /** Labels of `lexpand_build_info`. */
  readonly build: Readonly<Record<(typeof BUILD_LABELS)[number], string>>
  /** Number of index names that get series of their own; the others share one. @default 50 */
  readonly maxIndices?: number | undefined
}

const BUILD_LABELS = ['role', 'version', 'model', 'model_version'] as const

/** Seconds, from an idle worker's delay of about one to a backlog of a day. */
const FRESHNESS_BUCKETS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400]
/** Seconds of one stage of a job of 64 documents: reads take milliseconds, long texts on one core a minute. */
const STAGE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Seconds of a sweep, from a few changes to a large index. */
const SWEEP_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900]

/** Reason classes and HTTP statuses are few; the bound holds for values that a future engine or caller may send. */
const MAX_REASONS = 20

/** {@link Telemetry} as Prometheus metrics, named by its conventions: `lexpand_` first, base units, `_total` for counters. */
export function prometheusTelemetry({ build, maxIndices = 50 }: PrometheusOptions): PrometheusTelemetry {
  const registry = new Registry()
  const registers = [registry]
  const indices = new BoundedLabels(maxIndices)
  const reasons = new BoundedLabels(MAX_REASONS)
  const statuses = new BoundedLabels(MAX_REASONS)

  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames, registers })

  gauge('lexpand_build_info', 'What runs; the value is always 1.', [...BUILD_LABELS, 'node']).set(
    { ...build, node: process.versions.node },
    1,
  )
  const documents = counter('lexpand_documents_total', 'Documents of jobs, by what became of them.', [
    'index',
    'outcome',
  ])
  const freshness = new Histogram({
    name: 'lexpand_freshness_lag_seconds',
    help: 'Time from the write of a text to its vector.',
    labelNames: ['index'],
    buckets: FRESHNESS_BUCKETS,
    registers,
  })
  const stage = new Histogram({
    name: 'lexpand_job_stage_duration_seconds',
    // Without the label `index`: times hardly depend on it, and buckets times indices are many series.
    help: 'Time that a job spent reading, encoding and writing.',
    labelNames: ['stage'],
    buckets: STAGE_BUCKETS,
    registers,
  })
  const reused = counter('lexpand_vectors_reused_total', 'Vectors taken over instead of encoded.', [
    'index',
    'from',
  ])
  const scanned = counter('lexpand_sweep_scanned_documents_total', 'Documents that sweeps looked at.', [
    'index',
  ])
  const queued = counter('lexpand_sweep_queued_documents_total', 'Documents that sweeps queued.', ['index'])
  const swept = new Histogram({
    name: 'lexpand_sweep_duration_seconds',
    help: 'Time of one pass of the sweeper over an index.',
    buckets: SWEEP_BUCKETS,
    registers,
  })
  const lastSweep = gauge('lexpand_sweep_last_timestamp_seconds', 'When the last sweep of an index ended.', [
    'index',
  ])
  const oldest = gauge('lexpand_oldest_pending_age_seconds', 'Age of the oldest document without a vector.', [
    'index',
  ])
  const deadLetters = counter('lexpand_dead_letters_total', 'Documents that became dead letters.', [
    'index',
    'reason_class',
  ])
  const refusals = counter(
    'lexpand_engine_refusals_total',
    'Times that the engine had no room, by HTTP status; 0 is no answer.',
    ['index', 'status'],
  )
  const pace = gauge(
    'lexpand_pace_limit_jobs',
    'Jobs that all workers together may have in flight; +Inf without a limit.',
  )
  const probe = gauge('lexpand_search_probe_p95_seconds', '95th percentile of the probe query.')
  const yielding = gauge('lexpand_yielding_to_searches', '1 while encoders yield to searches.')
  // prom-client starts gauges at 0, which was not measured: a process that does not probe must not report 0 s.
  for (const untold of [pace, probe, yielding]) untold.remove()

  const telemetry: Telemetry = {
    documents: (index, outcome, count) =>
      documents.inc({ index: indices.of(index), outcome }, nonNegative(count)),
    freshness: (index, seconds) => freshness.observe({ index: indices.of(index) }, nonNegative(seconds)),
    stage: (_index, name, seconds) => stage.observe({ stage: name }, nonNegative(seconds)),
    reused: (index, from, count) => reused.inc({ index: indices.of(index), from }, nonNegative(count)),
    swept(name, sweep) {
      const index = indices.of(name)
      scanned.inc({ index }, nonNegative(sweep.scanned))
      queued.inc({ index }, nonNegative(sweep.queued))
      swept.observe(nonNegative(sweep.seconds))
      lastSweep.set({ index }, Date.now() / 1_000)
    },
    oldestPending: (index, seconds) => oldest.set({ index: indices.of(index) }, nonNegative(seconds)),
    deadLetter: (index, reasonClass, count) =>
      deadLetters.inc(
        { index: indices.of(index), reason_class: reasons.of(reasonClass) },
        nonNegative(count),
      ),
    engineRefused: (index, status) =>
      refusals.inc({ index: indices.of(index), status: statuses.of(String(status)) }),
    // No limit is +Inf, a valid value of the format; 0 would read as a standstill.
    pace: (limit) => pace.set(limit === Number.POSITIVE_INFINITY ? limit : nonNegative(limit)),
    probe(seconds, isYielding) {
      probe.set(nonNegative(seconds))
      yielding.set(isYielding ? 1 : 0)
    },
  }
  return { telemetry, registry, indices: () => indices.known }
}

/** prom-client throws on negative and non-finite values, and a metric must not fail a job; clocks of two machines give such numbers. */
function nonNegative(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0
}
