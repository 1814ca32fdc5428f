import { Client } from '@opensearch-project/opensearch'
import type { WorkerPlace } from '../../bench/ingest/ingest-worker-process.ts'
import { type PrivateService, startPrivateCluster, startPrivateRedis } from '../../embedded/index.ts'
import type { RedisConnection } from '../../workers/index.ts'
import { connect } from '../../workers/index.ts'
import type { ClusterNetwork } from './cluster-result.ts'
import { type NetworkLab, openNetworkLab } from './network-lab.ts'

/** A private cluster and Redis, and places for workers; `close` removes all of it. */
export interface ClusterServices {
  readonly client: Client
  readonly redis: RedisConnection
  /** One URL for each node. */
  readonly urls: readonly string[]
  readonly redisUrl: string
  /** One place for each worker; workers take turns over the nodes. */
  readonly places: readonly WorkerPlace[]
  readonly network: ClusterNetwork
  /** A second call does the same. */
  close(): Promise<void>
}

export interface ClusterServicesOptions {
  readonly nodes: number
  /** Number of places for workers. */
  readonly workers: number
  /** Heap of each node. */
  readonly heap: string
}

/** Starts everything; each node, Redis and each worker's place gets a network namespace of its own where the system allows it. */
export async function startClusterServices(options: ClusterServicesOptions): Promise<ClusterServices> {
  const { nodes, workers, heap } = options
  const numbered = (name: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${name}${at + 1}`)
  const lab = openNetworkLab(['redis', ...numbered('node', nodes), ...numbered('worker', workers)])
  const [forRedis, ...rest] = 'reason' in lab ? [] : lab.places
  const [forNodes, forWorkers] = [rest.slice(0, nodes), rest.slice(nodes)]
  const services: Pick<PrivateService, 'stop'>[] = []
  const stop = async () => {
    await Promise.all(services.map((service) => service.stop()))
    if (!('reason' in lab)) lab.remove()
  }
  try {
    const own = { isShortLived: false, heap, size: nodes }
    const started = await Promise.allSettled([
      startPrivateRedis(forRedis === undefined ? {} : { network: forRedis }),
      startPrivateCluster(forRedis === undefined ? own : { ...own, networks: forNodes }),
    ])
    for (const result of started) if (result.status === 'fulfilled') services.push(result.value)
    const [redisServer, cluster] = started
    if (redisServer.status === 'rejected') throw redisServer.reason
    if (cluster.status === 'rejected') throw cluster.reason
    const urls = cluster.value.nodes.map(({ url }) => url)
    const redis = await connect(redisServer.value.url, { role: 'queue' })
    const client = new Client({ nodes: urls, maxRetries: 0, requestTimeout: 600_000 })
    let closing: Promise<void> | undefined
    return {
      client,
      redis,
      urls,
      redisUrl: redisServer.value.url,
      places: Array.from({ length: workers }, (_, at) => placeOf(at, urls, forWorkers)),
      network: networkOf(lab),
      close() {
        closing ??= (async () => {
          redis.disconnect()
          await client.close()
          await stop()
        })()
        return closing
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function placeOf(at: number, urls: readonly string[], places: NetworkLab['places']): WorkerPlace {
  const opensearchUrl = urls[at % urls.length] ?? ''
  const namespace = places[at]?.namespace
  return namespace === undefined ? { opensearchUrl } : { opensearchUrl, namespace }
}

function networkOf(lab: NetworkLab | { readonly reason: string }): ClusterNetwork {
  if ('reason' in lab) return { namespaces: false, reason: lab.reason }
  return { namespaces: true, how: 'ip netns, veth pairs and one bridge; no delay added' }
}
