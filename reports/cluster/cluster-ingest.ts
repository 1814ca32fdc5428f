import { measureIngest } from '../../bench/ingest/ingest.ts'
import { encoderAlone } from '../../bench/ingest/ingest-alone.ts'
import type { Model } from '../../models/index.ts'
import type { SourceDocument } from '../../workers/index.ts'
import type { ClusterEncoder, ClusterIngest } from './cluster-result.ts'
import type { ClusterServices } from './cluster-services.ts'

export interface ClusterIngestOptions {
  readonly services: ClusterServices
  readonly model: Model
  /** Reference of the model as given by the user. */
  readonly reference: string
  readonly fields: readonly string[]
  /** Real documents; they are reused with new ids when there are too few. */
  readonly documents: readonly SourceDocument[]
  readonly encoder: ClusterEncoder
  /** Numbers of worker processes, one run each; the others are compared with the first. */
  readonly workers: readonly number[]
  /** Approximate duration of a run. */
  readonly seconds: number
}

/** Number of documents, spread over all, whose time gives the number for a run and the speed of the real encoder alone. */
const SAMPLE = 200

/** Pushes documents with an increasing number of workers, each with one encoder of one thread, as if it had a machine of one core. */
export async function measureClusterIngest(
  options: ClusterIngestOptions,
  onRun: (run: ClusterIngest) => void,
): Promise<ClusterIngest[]> {
  const { services, model, reference, fields, encoder, seconds } = options
  const { client, redis, urls, redisUrl, places } = services
  const runs: ClusterIngest[] = []
  for (const workers of options.workers) {
    const alone = (documents: readonly SourceDocument[]) =>
      encoderAlone(model, fields, documents, { encoder, threads: 1, encoderProcesses: workers })
    const sampled = await alone(spread(options.documents, SAMPLE))
    const documents = spread(options.documents, Math.ceil(sampled.docs_per_second * seconds))
    // The paced encoder only computes its time, so it gets all documents.
    const encoders = encoder === 'paced' ? await alone(documents) : sampled
    const run = await measureIngest({
      way: 'push',
      services: { client, redis, opensearchUrl: urls[0] ?? '', redisUrl },
      model,
      reference,
      fields,
      documents,
      workers,
      encoderProcesses: 1,
      threads: 1,
      encoder,
      shards: urls.length,
      places,
    })
    const cpu = Object.values(run.cpu_seconds).reduce((sum, one) => sum + one, 0)
    const [first] = runs
    const perWorker = run.docs_per_second / workers
    runs.push({
      nodes: urls.length,
      shards: urls.length,
      encoder,
      workers,
      documents: documents.length,
      seconds: run.seconds,
      docs_per_second: run.docs_per_second,
      encoders_docs_per_second: encoders.docs_per_second,
      scaling_efficiency: first === undefined ? 1 : (perWorker * first.workers) / first.docs_per_second,
      cores_used: cpu / run.seconds,
    })
    onRun(runs.at(-1) as ClusterIngest)
  }
  return runs
}

/** @returns exactly `count` documents with distinct ids, evenly from the whole list; each is used several times if necessary */
export function spread(documents: readonly SourceDocument[], count: number): SourceDocument[] {
  const step = Math.max(1, documents.length / count)
  return Array.from({ length: count }, (_, at) => ({
    ...(documents[Math.floor(at * step) % documents.length] as SourceDocument),
    id: `d${at}`,
  }))
}
