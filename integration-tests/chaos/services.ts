import {
  type PrivateService,
  startPrivateCluster,
  startPrivateOpenSearch,
  startPrivateRedis,
} from '../../embedded/index.ts'

/** The engine, with one node or several, and the Redis of a run. */
export interface ChaosServices {
  readonly nodes: readonly PrivateService[]
  readonly redis: PrivateService
  stop(): Promise<void>
}

export async function startServices(nodes: 1 | 3): Promise<ChaosServices> {
  const [engine, redis] = await Promise.all([startEngine(nodes), startPrivateRedis()])
  return {
    nodes: engine.nodes,
    redis,
    async stop() {
      await Promise.all([engine.stop(), redis.stop()])
    },
  }
}

async function startEngine(nodes: 1 | 3): Promise<Pick<ChaosServices, 'nodes' | 'stop'>> {
  if (nodes === 3) return startPrivateCluster()
  const node = await startPrivateOpenSearch()
  return { nodes: [node], stop: () => node.stop() }
}
