import { type Client, errors } from '@opensearch-project/opensearch'
import { PLUGIN_NAME } from '../engine/plugin.ts'
import { type Check, warn } from './doctor-check.ts'

/** What one node of the cluster says about its plugins. */
export interface NodePlugin {
  readonly node: string
  /** Of our plugin there; undefined without it. */
  readonly version: string | undefined
}

/** @param wanted version of this package, whose plugin is built beside it */
export async function pluginCheck(client: Client, wanted: string): Promise<Omit<Check, 'name'> | string> {
  try {
    const [nodes, plugins] = await Promise.all([
      client.cat.nodes({ format: 'json', h: ['name'] }),
      client.cat.plugins({ format: 'json', h: ['name', 'component', 'version'] }),
    ])
    const installed = new Map(
      (plugins.body as readonly Record<string, string | undefined>[])
        .filter(({ component }) => component === PLUGIN_NAME)
        .map(({ name, version }) => [name, version]),
    )
    const names = (nodes.body as readonly Record<string, string | undefined>[]).map(({ name }) => name ?? '?')
    return pluginFinding(
      names.map((node) => ({ node, version: installed.get(node) })),
      wanted,
    )
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 403) {
      return 'not visible to this user'
    }
    throw error
  }
}

/** Absent is fine: stock clauses answer the same queries. Half installed, or another version, is not. */
export function pluginFinding(nodes: readonly NodePlugin[], wanted: string): Omit<Check, 'name'> | string {
  const lacking = nodes.filter(({ version }) => version === undefined).map(({ node }) => node)
  if (lacking.length === nodes.length) {
    return 'not installed: queries use stock rank_feature clauses, which rank the same'
  }
  if (lacking.length > 0) {
    return warn(
      `missing on ${lacking.length} of ${nodes.length} node(s) (${lacking.slice(0, 3).join(', ')}). Install it on every node: a lexpand query fails where it is missing.`,
    )
  }
  const versions = [...new Set(nodes.map(({ version }) => version ?? '?'))].sort()
  const found = `version ${versions.join(' and ')} on ${nodes.length} node(s)`
  if (versions.length > 1 || versions[0] !== wanted) {
    return warn(`${found}, this is Lexpand ${wanted}. Install the plugin of this version on every node.`)
  }
  return found
}
