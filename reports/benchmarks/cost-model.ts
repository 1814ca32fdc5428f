import type { LineFit, PowerFit } from './fit.ts'

/** Measurements as slopes. */
export interface MeasuredSlopes {
  /** Bytes of all files of an index with text, vector and sources, by documents. */
  readonly store: LineFit
  /** Median ms of a query on one shard, one client, by documents of the shard. */
  readonly latency: PowerFit
  /** Core ms of a query on one shard, every core busy, by documents of the shard. */
  readonly work: PowerFit
  /** Documents that one core encodes and writes in a second. */
  readonly docsPerCoreSecond: number
  /** Documents of the largest measured shard. */
  readonly largestShard: number
}

/** Assumptions that are not measured; the page names each. */
export interface Assumptions {
  /** Bytes of a shard. */
  readonly shardBytes: number
  /** Median ms of a query on a shard. */
  readonly shardMs: number
  /** Largest number of documents of a shard: Lucene's limit is 2^31 - 1, deleted and nested ones included. */
  readonly shardDocuments: number
  /** Number of copies beside the primary. */
  readonly replicas: number
  /** Number of cores of workers that encode at the same time. */
  readonly workerCores: number
}

export interface Cost {
  readonly documents: number
  readonly shards: number
  /** Reason for the number of shards. */
  readonly because: 'one is enough' | 'bytes' | 'latency' | 'documents'
  readonly documentsPerShard: number
  /** Bytes of all copies. */
  readonly bytes: number
  /** Median ms of a query on one of the shards. */
  readonly shardMs: number
  /** Core ms of a query on all shards. */
  readonly queryCoreMs: number
  /** Core hours to encode all documents once. */
  readonly coreHours: number
  /** The same in hours with the assumed cores. */
  readonly hours: number
  /** Whether a shard is larger than every measured one. */
  readonly extrapolated: boolean
}

/** Cost of a number of documents. @param documents above 0 */
export function cost(documents: number, slopes: MeasuredSlopes, assumed: Assumptions): Cost {
  const store = Math.max(0, slopes.store.at(documents))
  const fastEnough = largestWithin(slopes.latency, assumed.shardMs)
  const wanted = [
    ['bytes', store / assumed.shardBytes],
    ['latency', documents / fastEnough],
    ['documents', documents / assumed.shardDocuments],
  ] as const
  const [reason, most] = wanted.reduce((a, b) => (b[1] > a[1] ? b : a))
  const shards = Math.max(1, Math.ceil(most))
  const documentsPerShard = documents / shards
  const coreHours = documents / slopes.docsPerCoreSecond / 3600
  return {
    documents,
    shards,
    because: shards === 1 ? 'one is enough' : reason,
    documentsPerShard,
    bytes: store * (1 + assumed.replicas),
    shardMs: slopes.latency.at(documentsPerShard),
    queryCoreMs: shards * slopes.work.at(documentsPerShard),
    coreHours,
    hours: coreHours / assumed.workerCores,
    extrapolated: documentsPerShard > slopes.largestShard,
  }
}

/** Number of documents at which the fitted time reaches the bound; infinite when the time never grows. */
function largestWithin({ factor, exponent }: PowerFit, ms: number): number {
  return exponent <= 0 ? Number.POSITIVE_INFINITY : (ms / factor) ** (1 / exponent)
}
