import type { Client } from '@opensearch-project/opensearch'
import { pluginNeeded, pluginNodes } from '../../opensearch/plugin-nodes.ts'
import type { VectorType } from './vector-type.ts'

/**
 * Checks every node before an index is made: a cluster manager with the plugin would accept the mapping, and shards
 * assigned to nodes without it would stay red. Needs `cluster:monitor/nodes/info`; for a user without it the engine
 * alone decides.
 *
 * @throws LexpandError INDEX when the type belongs to the plugin and a node lacks it
 */
export async function assertPluginFor(
  client: Client,
  type: VectorType | undefined,
  part: string,
): Promise<void> {
  if (type !== 'lexpand_impacts') return
  const nodes = (await pluginNodes(client)) ?? []
  const lacking = nodes.filter(({ version }) => version === undefined).map(({ node }) => node)
  if (lacking.length === 0) return
  throw pluginNeeded(
    part,
    `none on ${lacking.length} of ${nodes.length} node(s) (${lacking.slice(0, 3).join(', ')})`,
  )
}
