import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { specificationFor } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import type { ClientSettings } from '../../opensearch/client.ts'
import { ingestPipelineName } from '../../pipelines/index.ts'
import { openQueue, type SourceDocument } from '../../workers/index.ts'
import { DEFAULT_CONCURRENCY } from '../../workers/worker.ts'
import type { BenchEncoderKind } from './ingest-encoder.ts'
import { unexpected } from './ingest-error.ts'
import { type Snapshot, type Spent, snapshot, spentBetween } from './ingest-usage.ts'
import { type IngestWay, WAYS } from './ingest-ways.ts'
import { IngestWorker, type WorkerPlace } from './ingest-worker-process.ts'
import type { Services } from './process-usage.ts'

export interface IngestRunOptions {
  readonly way: IngestWay
  readonly services: Services & { readonly opensearchUrl: string; readonly redisUrl: string }
  readonly model: Model
  /** Reference of the model as given by the user: each worker process loads it. */
  readonly reference: string
  /** Folder of models from the hub. */
  readonly modelCache?: string | undefined
  /** Login and time-outs of the cluster, for the worker processes. */
  readonly clientSettings?: ClientSettings | undefined
  readonly fields: readonly string[]
  /** Documents to index; all have text. */
  readonly documents: readonly SourceDocument[]
  readonly workers: number
  readonly encoderProcesses: number
  /** Threads of each encoder process. */
  readonly threads: number
  readonly encoder: BenchEncoderKind
  /** Number of primary shards of the index, which has no replicas. @default 1 */
  readonly shards?: number | undefined
  /** One place for each worker. @default all in this machine's own network, at the URL of the services */
  readonly places?: readonly WorkerPlace[] | undefined
}

/** Result of one way to index documents, from the first call of the driver to the last vector. */
export interface IngestRun extends Spent {
  readonly way: IngestWay
  readonly workers: number
  /** Encoder processes of each worker. */
  readonly encoder_processes: number
  readonly seconds: number
  readonly docs_per_second: number
  /** Mean share of the time in which an encoder process had a batch, 0 to 1; only for encoder `model`. */
  readonly encoder_busy?: number | undefined
  /**
   * Use of the places for jobs (workers x jobs in flight), by share of their time. Jobs overlap: `encode` includes
   * waiting for an encoder that works for another job. `queue` is the rest: there is no job, or it is fetched, claimed
   * and settled.
   */
  readonly places: {
    readonly read: number
    readonly encode: number
    readonly write: number
    readonly queue: number
  }
}

/**
 * Indexes the documents into an index of its own, with its own worker processes, and deletes both.
 *
 * @throws LexpandError SERVICE when nothing is encoded for two minutes; INPUT for documents that cannot be encoded
 */
export async function measureIngest(options: IngestRunOptions): Promise<IngestRun> {
  const { way, services, documents, workers, encoderProcesses, fields } = options
  const { client, opensearchUrl, redisUrl } = services
  const { shards = 1, places = [] } = options
  const identity = randomUUID().replaceAll('-', '').repeat(2)
  const model = { ...options.model, identity }
  const specification = specificationFor(model, { fields })
  const index = `lexpand-bench-${way}-${identity.slice(0, 8)}`
  const queue = await openQueue({ redis: redisUrl, model: { identity } })
  const target = { client, queue, index, specification, documents, shards }
  const started: IngestWorker[] = []
  try {
    await WAYS[way].prepare(target)
    for (let at = 0; at < workers; at++) {
      const { reference, encoder, threads, modelCache, clientSettings } = options
      const place = places[at] ?? { opensearchUrl }
      const settings = {
        redisUrl,
        model: reference,
        identity,
        encoder,
        encoderProcesses,
        threads,
        modelCache,
        clientSettings,
      }
      started.push(new IngestWorker(place, { ...settings, sweep: way === 'hook' }))
    }
    await Promise.all(started.map((worker) => worker.ready))
    const before = await look(services, started)
    const startedAt = performance.now()
    const driven = WAYS[way].run(target)
    // Awaited below; until then a failure of the driver must not count as an unhandled rejection.
    driven.catch(() => {})
    const endedAt = await Promise.race([allSettled(started, documents.length), failure(driven)])
    const after = await look(services, started)
    await driven
    return result(options, (endedAt - startedAt) / 1_000, before, after)
  } finally {
    await Promise.all(started.map((worker) => worker.stop()))
    await queue.jobs.obliterate({ force: true }).catch(() => {})
    await queue.close()
    await client.indices.delete({ index }, { ignore: [404] })
    await client.ingest.deletePipeline({ id: ingestPipelineName(index) }, { ignore: [404] })
  }
}

const POLL_MS = 20
const PATIENCE_MS = 120_000

/** @returns time when the last document was settled, by `performance.now` */
async function allSettled(workers: readonly IngestWorker[], documents: number): Promise<number> {
  let most = 0
  let since = performance.now()
  for (;;) {
    const ended = workers.find((worker) => worker.exited)
    const failed = workers.reduce((sum, { report }) => sum + (report?.stats.failed ?? 0), 0)
    const settled = workers.reduce((sum, { settled }) => sum + settled, 0)
    if (failed > 0)
      throw unexpected('every document to be encoded', `${failed} that failed. Look at the messages above.`)
    if (ended !== undefined)
      throw unexpected('workers that live', 'one that ended. Look at the messages above.')
    if (settled >= documents) return Math.max(...workers.map(({ heardAt }) => heardAt))
    if (settled > most) {
      most = settled
      since = performance.now()
    }
    if (performance.now() - since > PATIENCE_MS) {
      throw unexpected(
        `${documents} documents to be encoded`,
        `${settled}, and no more for ${PATIENCE_MS / 1_000} s. Look at the messages above and at lexpand doctor.`,
      )
    }
    await sleep(POLL_MS)
  }
}

/** Rejects with the driver's error and never resolves: the workers tell when all is done. */
function failure(driven: Promise<void>): Promise<never> {
  return driven.then(() => new Promise<never>(() => {}))
}

function look(services: Services, workers: readonly IngestWorker[]): Promise<Snapshot> {
  return snapshot(services, {
    workerPids: workers.flatMap(({ pid }) => pid ?? []),
    encoderPids: workers.flatMap(({ report }) => report?.encoderPids ?? []),
    reports: workers.flatMap(({ report }) => report ?? []),
  })
}

function result(options: IngestRunOptions, seconds: number, before: Snapshot, after: Snapshot): IngestRun {
  const { way, workers, encoderProcesses, documents, encoder } = options
  const since = (of: (snapshot: Snapshot) => number) => of(after) - of(before)
  const places = seconds * 1_000 * workers * DEFAULT_CONCURRENCY
  const [read, encode, write] = [
    since(({ readMs }) => readMs) / places,
    since(({ encodeMs }) => encodeMs) / places,
    since(({ writeMs }) => writeMs) / places,
  ] as const
  const busy = since(({ encoderBusyMs }) => encoderBusyMs) / (seconds * 1_000 * workers * encoderProcesses)
  return {
    way,
    workers,
    encoder_processes: encoderProcesses,
    seconds,
    docs_per_second: documents.length / seconds,
    ...(encoder === 'model' ? { encoder_busy: busy } : {}),
    places: { read, encode, write, queue: Math.max(0, 1 - read - encode - write) },
    ...spentBetween(before, after),
  }
}
