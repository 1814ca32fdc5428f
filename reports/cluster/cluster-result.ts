import type { Machine } from '../../measure/machine.ts'
import type { SearchSpeed } from '../../measure/search-speed.ts'

/** Content of `.lexpand/benchmarks/cluster.json`, written by `reports/cluster/cluster.ts`. */
export interface ClusterResult {
  readonly machine: Machine
  readonly versions: { readonly opensearch: string; readonly redis: string }
  /** Short hash, with the suffix `-dirty` when files were changed. */
  readonly commit: string
  /** The command, as called from the root of the repository. */
  readonly command: string
  readonly network: ClusterNetwork
  readonly ingest: readonly ClusterIngest[]
  /** Absent when no vectors and queries were named. */
  readonly search?: ClusterSearch | undefined
}

/** Whether each node, Redis and each worker had a network namespace and so an address of its own. */
export type ClusterNetwork =
  | { readonly namespaces: true; readonly how: string }
  | { readonly namespaces: false; readonly reason: string }

/**
 * `model`: the real encoder, one process of one thread for each worker. `paced`: a replacement that needs no processor;
 * it sleeps a fixed time for each batch of the real encoder's size, one batch after the other. On a machine with fewer
 * cores than workers it shows how everything except the encoder scales.
 */
export type ClusterEncoder = 'model' | 'paced'

/** One run in which one driver pushes documents, from its first call to the last vector. */
export interface ClusterIngest {
  readonly nodes: number
  /** Number of primary shards of the index, one for each node; no replicas. */
  readonly shards: number
  readonly encoder: ClusterEncoder
  /** Number of processes. */
  readonly workers: number
  readonly documents: number
  readonly seconds: number
  readonly docs_per_second: number
  /** Documents a second that the encoders of all workers reach alone, each with its own core or sleep. */
  readonly encoders_docs_per_second: number
  /** Documents a second, divided by workers x those of the run with one worker; 1 is perfect. */
  readonly scaling_efficiency: number
  /** Seconds of processor time a second of all processes together, including OpenSearch, Redis and the driver. */
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
