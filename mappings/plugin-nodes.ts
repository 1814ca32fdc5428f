import { type Client, errors } from '@opensearch-project/opensearch'
import { LexpandError } from '../sparse/errors.ts'
import type { VectorType } from './vector-type.ts'

/** As in the plugin's descriptor. */
const PLUGIN = 'lexpand'

/** What one node of the cluster says about its plugins. */
export interface PluginNode {
  readonly node: string
  /** Of our plugin there; undefined without it. */
  readonly version: string | undefined
}

/**
 * Asks before an index is made: a cluster manager with the plugin would take the mapping, and the shards that go to
 * nodes without it would stay red. Needs `cluster:monitor/nodes/info`; of a user without it the engine decides alone.
 *
 * @throws LexpandError INDEX when the type is one of the plugin's and a node lacks that
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

/** All nodes, by `cluster:monitor/nodes/info`. @returns undefined where the user may not look */
export async function pluginNodes(client: Client): Promise<PluginNode[] | undefined> {
  try {
    const reply = await client.nodes.info({
      metric: ['plugins'],
      filter_path: ['nodes.*.name', 'nodes.*.plugins.name', 'nodes.*.plugins.version'],
    })
    return Object.values(reply.body.nodes ?? {}).map(({ name, plugins }) => ({
      node: name ?? '?',
      version: plugins?.find((plugin) => plugin.name === PLUGIN)?.version,
    }))
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 403) return undefined
    throw error
  }
}

/** @param got what was found instead */
export function pluginNeeded(part: string, got: string, options: ErrorOptions = {}): LexpandError {
  return new LexpandError(
    'INDEX',
    `[${part}] expected the Lexpand plugin on every node, since the field type lexpand_impacts is its own, got ${got}. Build it with npm run plugin:build, run bin/opensearch-plugin install on every node and restart it, or use the vector type rank_features.`,
    options,
  )
}
