import type { IngestResult } from '../../bench/ingest/ingest-table.ts'
import type { BenchSearchResult } from '../../bench/search/search-result.ts'
import { byteSize } from '../../measure/byte-size.ts'
import { type Assumptions, type Cost, cost, type MeasuredSlopes } from './cost-model.ts'
import { count, fixed, percent, table } from './markdown.ts'
import { latencyGrowth, storeGrowth, workClients, workGrowth } from './sections/growth.ts'
import type { StepRecord } from './store.ts'

const ASSUMED: Assumptions = {
  shardBytes: 30e9,
  shardMs: 50,
  shardDocuments: 2 ** 31 - 1,
  replicas: 1,
  workerCores: 64,
}
const SIZES = [1e5, 1e6, 1e7, 1e8, 1e9]
/** The query that needs no plugin, and the plugin's. */
const QUERIES = ['rank_feature', 'lexpand'] as const

export interface ScaleSources {
  /** Ascending by documents. */
  readonly searches: readonly StepRecord<BenchSearchResult>[]
  readonly ingest: StepRecord<IngestResult>
}

/** The whole docs/scale.md; undefined where a slope is missing. */
export function scalePage({ searches, ingest }: ScaleSources): string | undefined {
  const [store] = storeGrowth(searches)
  const rate = coreRate(ingest.result)
  const largest = searches.at(-1)?.result.documents
  if (store === undefined || rate === undefined || largest === undefined) return undefined
  const models = QUERIES.flatMap((query) => {
    const latency = latencyGrowth(searches).find(({ label }) => label === query)
    const work = workGrowth(searches).find(({ label }) => label === query)
    if (latency === undefined || work === undefined) return []
    const slopes: MeasuredSlopes = {
      store: store.fit,
      latency: latency.fit,
      work: work.fit,
      docsPerCoreSecond: rate.docs,
      largestShard: largest,
    }
    return [{ query, latency, work, slopes }]
  })
  if (models.length === 0) return undefined
  const { machine, commit, command } = searches.at(-1) as StepRecord<BenchSearchResult>
  return `${[
    '# From one machine to a billion documents',
    `Written by \`npm run report:benchmarks\` from the results of [benchmarks.md](benchmarks.md), last \`${command}\` on ${machine.date.slice(0, 10)} at commit ${commit}, ${machine.cores} cores of ${machine.processor}. Do not edit.`,
    'A model of costs, not a measurement: measured slopes, carried on by the assumptions below. Rows with "extrapolated" rest on shards larger than any that was measured, and every row beyond one shard leaves out what it costs to ask many shards and to merge their answers.',
    '## Measured',
    table(
      ['slope', 'value', 'residual', 'measured at documents'],
      [
        [
          'bytes of an index with text, vector and both in `_source`, in one segment',
          `${fixed(store.fit.slope, 0)} a document`,
          percent(store.fit.residual, 1),
          places(store.points),
        ],
        ...models.flatMap(({ query, latency, work }) => [
          [
            `p50 of \`${query}\` on one shard, one client, ms`,
            `${latency.fit.factor.toPrecision(3)} x documents^${latency.fit.exponent.toFixed(2)}`,
            percent(latency.fit.residual, 1),
            places(latency.points),
          ],
          [
            `processor time of \`${query}\` on one shard, ${workClients(searches)}, core ms`,
            `${work.fit.factor.toPrecision(3)} x documents^${work.fit.exponent.toFixed(2)}`,
            percent(work.fit.residual, 1),
            places(work.points),
          ],
        ]),
        [
          `documents a second and core, from the text to the stored vector (${rate.way})`,
          fixed(rate.docs, 1),
          '',
          places([[ingest.result.documents, 0]]),
        ],
      ],
    ),
    '## Assumed',
    assumptions(searches),
    ...models.flatMap(({ query, slopes }) => [
      `## With the query \`${query}\``,
      costs(SIZES.map((documents) => cost(documents, slopes, ASSUMED))),
    ]),
    '## Reading it',
    `Bytes are those of the primary and ${ASSUMED.replicas} replica. Core milliseconds a query, times queries a second, are the cores that searching needs: 100 a second at 50 core ms are five cores at full load. Encoding is done once, and again only for texts that change or when the model does.`,
  ].join('\n\n')}\n`
}

function assumptions(searches: readonly StepRecord<BenchSearchResult>[]): string {
  const tokens = searches.at(-1)?.result.document_tokens
  return [
    `- Documents are like those measured: passages of about ${fixed(tokens, 0)} word pieces after pruning at .1. Longer ones cost more in every column.`,
    `- A shard holds at most ${byteSize(ASSUMED.shardBytes)} (OpenSearch recommends 10 to 30 GB where search latency counts), answers in at most ${ASSUMED.shardMs} ms at the median, and has at most ${count(ASSUMED.shardDocuments)} documents (Lucene's limit).`,
    `- ${ASSUMED.replicas} replica; it doubles the bytes and answers queries, too.`,
    `- Every core of the cluster and of the workers is like one of these; the inverted index is in the page cache.`,
    '- Bytes grow by the line and times by the power law from the point where they were measured to where they were not.',
    `- ${ASSUMED.workerCores} cores encode at once, and the pipeline gives each what one core got here (the section "Cluster" of benchmarks.md says how far that was tried).`,
    '- Shards are asked at the same time: a query takes as long as its slowest shard, which is longer than the median shard.',
  ].join('\n')
}

function costs(rows: readonly Cost[]): string {
  return table(
    [
      'documents',
      'shards',
      'because of',
      'documents a shard',
      'bytes, all copies',
      'p50 of a shard, ms',
      'core ms a query',
      'core hours to encode',
      `hours on ${ASSUMED.workerCores} cores`,
      '',
    ],
    rows.map((row) => [
      count(row.documents),
      count(row.shards),
      row.because,
      count(row.documentsPerShard),
      byteSize(row.bytes),
      fixed(row.shardMs, 1),
      fixed(row.queryCoreMs, 1),
      row.coreHours < 10 ? fixed(row.coreHours, 1) : count(row.coreHours),
      row.hours < 10 ? fixed(row.hours, 1) : count(row.hours),
      row.extrapolated ? 'extrapolated' : row.shards > 1 ? 'fan-out not counted' : '',
    ]),
  )
}

/** Rate of pushing with one worker, else of the first way that ran. */
function coreRate({ layouts, machine }: IngestResult): { docs: number; way: string } | undefined {
  const runs = layouts.flatMap((layout) => layout.runs)
  const run = runs.find(({ way }) => way === 'push') ?? runs[0]
  if (run === undefined) return undefined
  return {
    docs: run.docs_per_second / machine.cores,
    way: `${run.way}, ${run.workers} worker${run.workers === 1 ? '' : 's'}, all ${machine.cores} cores, engine and Redis included`,
  }
}

function places(points: readonly (readonly [number, number])[]): string {
  return points.map(([x]) => count(x)).join('; ')
}
