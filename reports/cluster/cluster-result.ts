import type { Machine } from '../../measure/machine.ts'
import type { SearchSpeed } from '../../measure/search-speed.ts'

/** What `reports/cluster/cluster.ts` leaves in `.lexpand/benchmarks/cluster.json`. */
export interface ClusterResult {
  readonly machine: Machine
  readonly versions: { readonly opensearch: string; readonly redis: string }
  /** Short hash, with `-dirty` behind it when files were changed. */
  readonly commit: string
  /** As it was called, from the root of the repository. */
  readonly command: string
  readonly network: ClusterNetwork
  readonly ingest: readonly ClusterIngest[]
  /** Absent when no vectors and queries were named. */
  readonly search?: ClusterSearch | undefined
}

/** Whether each node, Redis and each worker had a network namespace, and so an address, of its own. */
export type ClusterNetwork =
  | { readonly namespaces: true; readonly how: string }
  | { readonly namespaces: false; readonly reason: string }

/**
 * `model`: the real encoder, one process of one thread a worker. `paced`: a stand-in that needs no processor; it
 * sleeps a fixed time for each batch of the size that the real one gets, one batch after the other. On a machine
 * with fewer cores than workers it shows how everything but the encoder scales.
 */
export type ClusterEncoder = 'model' | 'paced'

/** One run of documents pushed by one driver, from its first call to the last vector. */
export interface ClusterIngest {
  readonly nodes: number
  /** Primary shards of the index, one a node; no replicas. */
  readonly shards: number
  readonly encoder: ClusterEncoder
  /** Processes. */
  readonly workers: number
  readonly documents: number
  readonly seconds: number
  readonly docs_per_second: number
  /** Documents a second that the encoders of all workers do with everything at hand, one core or sleep each. */
  readonly encoders_docs_per_second: number
  /** Documents a second, divided by workers x those of the run with one worker; 1 is perfect. */
  readonly scaling_efficiency: number
  /** Processor seconds a second of all processes together, OpenSearch, Redis and driver included. */
  readonly cores_used: number
}

export interface ClusterSearch {
  readonly documents: number
  readonly queries: number
  readonly runs: readonly ClusterSearchRun[]
}

/** Sparse queries as stock clauses, first 10 hits, without the total; clients keep their connections and take turns over the nodes. */
export interface ClusterSearchRun extends SearchSpeed {
  readonly nodes: number
  readonly shards: number
  readonly clients: number
}
