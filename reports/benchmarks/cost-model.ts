import type { LineFit, PowerFit } from './fit.ts'

/** What was measured, as slopes. */
export interface MeasuredSlopes {
  /** Bytes of all files of an index with text, vector and sources, against documents. */
  readonly store: LineFit
  /** Median ms of a query on one shard, one client, against its documents. */
  readonly latency: PowerFit
  /** Core ms of a query on one shard, every core busy, against its documents. */
  readonly work: PowerFit
  /** Documents a second that one core encodes and writes. */
  readonly docsPerCoreSecond: number
  /** Documents of the largest shard that was measured. */
  readonly largestShard: number
}

/** What is not measured but chosen; each is named on the page. */
export interface Assumptions {
  /** Bytes of a shard. */
  readonly shardBytes: number
  /** Median ms of a query on a shard. */
  readonly shardMs: number
  /** Documents of a shard: Lucene's limit is 2^31 - 1, deleted ones and nested ones included. */
  readonly shardDocuments: number
  /** Copies besides the primary. */
  readonly replicas: number
  /** Cores of workers that encode at once. */
  readonly workerCores: number
}

export interface Cost {
  readonly documents: number
  readonly shards: number
  /** What the number of shards follows from. */
  readonly because: 'one is enough' | 'bytes' | 'latency' | 'documents'
  readonly documentsPerShard: number
  /** Bytes of all copies. */
  readonly bytes: number
  /** Median ms of a query on one of the shards. */
  readonly shardMs: number
  /** Core ms of a query on all shards. */
  readonly queryCoreMs: number
  /** To encode all documents once. */
  readonly coreHours: number
  /** With the assumed cores at work. */
  readonly hours: number
  /** A shard larger than any that was measured. */
  readonly extrapolated: boolean
}

/** What so many documents take. @param documents above 0 */
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

/** Documents at which the fitted time reaches the bound; all of them when it never grows. */
function largestWithin({ factor, exponent }: PowerFit, ms: number): number {
  return exponent <= 0 ? Number.POSITIVE_INFINITY : (ms / factor) ** (1 / exponent)
}
