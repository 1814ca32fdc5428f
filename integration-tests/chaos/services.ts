import type { Client } from '@opensearch-project/opensearch'
import {
  type PrivateService,
  startPrivateCluster,
  startPrivateOpenSearch,
  startPrivateRedis,
} from '../../embedded/index.ts'
import type { Access } from '../fixtures/reach.ts'
import { testClient } from '../fixtures/test-index.ts'

/** The engine, with one node or several, and the Redis of a run. */
export interface ChaosServices {
  readonly nodes: readonly PrivateService[]
  readonly redis: PrivateService
  /** For workers and sweepers. */
  readonly access: Access
  /** For the writers, who are no part of Lexpand. */
  readonly writer: Client
  /** Sets the index up, and compares at the end. */
  readonly admin: Client
  /** Happen between kills, one at a time. */
  readonly troubles: readonly Trouble[]
  stop(): Promise<void>
}

/** Something that workers and sweepers have to outlive. */
export interface Trouble {
  readonly name: string
  begin(): void | Promise<void>
  end(): void | Promise<void>
}

export async function startServices(nodes: 1 | 3): Promise<ChaosServices> {
  const [engine, redis] = await Promise.all([startEngine(nodes), startPrivateRedis()])
  const opensearchUrl = engine.nodes.map(({ url }) => url)
  const client = testClient(opensearchUrl)
  return {
    nodes: engine.nodes,
    redis,
    access: { opensearchUrl, redisUrl: redis.url },
    writer: client,
    admin: client,
    troubles: [],
    async stop() {
      await client.close()
      await Promise.all([engine.stop(), redis.stop()])
    },
  }
}

/** @param home an unpacked distribution. @default the stock one */
export async function startEngine(
  nodes: 1 | 3,
  home?: string,
): Promise<Pick<ChaosServices, 'nodes' | 'stop'>> {
  if (nodes === 3) return startPrivateCluster({ home })
  const node = await startPrivateOpenSearch({ home })
  return { nodes: [node], stop: () => node.stop() }
}
