import { type Client, errors } from '@opensearch-project/opensearch'
import { LexpandError } from '../sparse/errors.ts'

/** Name in the plugin's descriptor. */
const PLUGIN = 'lexpand'

/** One node of the cluster and its Lexpand plugin. */
export interface PluginNode {
  readonly node: string
  /** Version of the Lexpand plugin on the node; undefined without it. */
  readonly version: string | undefined
}

/** All nodes, by `cluster:monitor/nodes/info`. @returns undefined where the user may not read them */
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

/** @param got description of what was found instead */
export function pluginNeeded(part: string, got: string, options: ErrorOptions = {}): LexpandError {
  return new LexpandError(
    'INDEX',
    `[${part}] expected the Lexpand plugin on every node, since the field type lexpand_impacts is its own, got ${got}. Build it with npm run plugin:build, run bin/opensearch-plugin install on every node and restart it, or use the vector type rank_features.`,
    options,
  )
}
