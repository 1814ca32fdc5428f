import { Agent } from 'node:http'
import { post } from '../../measure/measured-request.ts'
import { benchIndex } from '../../measure/search-index.ts'
import { searchSpeed } from '../../measure/search-speed.ts'
import { type BenchQuery, contestantOf, VARIANTS } from '../../measure/search-variants.ts'
import type { Model } from '../../models/index.ts'
import type { ClusterSearch, ClusterSearchRun } from './cluster-result.ts'
import type { ClusterServices } from './cluster-services.ts'

export interface ClusterSearchOptions {
  readonly services: ClusterServices
  readonly model: Model
  /** JSON lines `{"_id", "vector"}`. */
  readonly vectors: string
  readonly queries: readonly BenchQuery[]
  /** Numbers of clients, one run each. */
  readonly clients: readonly number[]
  /** Number of counted passes over the queries, after one uncounted pass. */
  readonly rounds: number
}

/** Searches an index with one shard for each node, each in one segment. */
export async function measureClusterSearch(
  options: ClusterSearchOptions,
  onRun: (run: ClusterSearchRun) => void,
): Promise<ClusterSearch> {
  const { services, model, vectors, queries, rounds } = options
  const shards = services.urls.length
  const files = { documents: vectors, vectors }
  const index = await benchIndex(services.client, 'rank_features', { files, model }, { shards })
  const { path, bodies } = contestantOf(VARIANTS.rank_feature, index.name, queries, { size: 10 })
  const urls = services.urls.map((url) => new URL(path, url))
  const runs: ClusterSearchRun[] = []
  for (const clients of options.clients) {
    const agent = new Agent({ keepAlive: true, maxSockets: clients })
    try {
      await pass(agent, urls, bodies, clients)
      const times: number[] = []
      const startedAt = performance.now()
      for (let round = 0; round < rounds; round++) times.push(...(await pass(agent, urls, bodies, clients)))
      const seconds = (performance.now() - startedAt) / 1_000
      const speed = { ...searchSpeed(times), ops_per_second: times.length / seconds }
      runs.push({ nodes: urls.length, shards, clients, ...speed })
      onRun(runs.at(-1) as ClusterSearchRun)
    } finally {
      agent.destroy()
    }
  }
  return { documents: index.documents, queries: queries.length, runs }
}

/** Runs every query once; each client has one under way. @returns milliseconds of each query */
async function pass(
  agent: Agent,
  urls: readonly URL[],
  bodies: readonly string[],
  clients: number,
): Promise<number[]> {
  const times: number[] = []
  const waiting = bodies.entries()
  const client = async () => {
    for (const [at, body] of waiting) {
      times.push((await post(agent, urls[at % urls.length] as URL, body)).milliseconds)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return times
}
