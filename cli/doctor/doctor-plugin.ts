import { type Client, errors } from '@opensearch-project/opensearch'
import { type PluginNode, pluginNodes, type VectorType } from '../../mappings/index.ts'
import { STAMP_PROCESSOR } from '../../pipelines/index.ts'
import { type Check, fail, warn } from './doctor-check.ts'

/** @param wanted version of this package; the plugin is built with the same one */
export async function pluginCheck(client: Client, wanted: string): Promise<Omit<Check, 'name'> | string> {
  const [nodes, pipelines, indices] = await Promise.all([
    pluginNodes(client),
    stampingPipelines(client),
    impactsIndices(client),
  ])
  return nodes === undefined
    ? warn('not visible to this user: that needs cluster:monitor/nodes/info')
    : pluginFinding(nodes, wanted, { pipelines, indices })
}

/** Ingest pipelines with the plugin's processor at any place: a node without the plugin refuses every document of these. */
async function stampingPipelines(client: Client): Promise<string[]> {
  try {
    // 404: there is no pipeline.
    const { body } = await client.ingest.getPipeline({}, { ignore: [404] })
    return Object.entries(body)
      .filter(([, pipeline]) => JSON.stringify(pipeline).includes(`"${STAMP_PROCESSOR}":`))
      .map(([id]) => id)
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 403) return []
    throw error
  }
}

/** Indices whose vectors have the plugin's field type. A mapping can be read even where the index cannot be opened. */
async function impactsIndices(client: Client): Promise<string[]> {
  try {
    const { body } = await client.indices.getMapping({
      index: '*',
      expand_wildcards: 'all',
      filter_path: ['*.mappings.properties.*.type'],
    })
    return Object.entries(body)
      .filter(([, { mappings }]) =>
        Object.values(mappings.properties ?? {}).some(({ type }) => (type as string) === IMPACTS),
      )
      .map(([index]) => index)
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 403) return []
    throw error
  }
}

const IMPACTS: VectorType = 'lexpand_impacts'

/** Parts of a cluster that do not work on a node without the plugin. */
export interface PluginUses {
  /** Ingest pipelines with its processor. */
  readonly pipelines?: readonly string[] | undefined
  /** Indices with its field type. */
  readonly indices?: readonly string[] | undefined
}

/**
 * Finding about the plugin. It may be absent: stock clauses answer the same queries. It must not be half installed, of
 * another version, or absent where a pipeline or index needs it.
 */
export function pluginFinding(
  nodes: readonly PluginNode[],
  wanted: string,
  { pipelines = [], indices = [] }: PluginUses = {},
): Omit<Check, 'name'> | string {
  const lacking = nodes.filter(({ version }) => version === undefined).map(({ node }) => node)
  if (lacking.length > 0 && pipelines.length > 0) {
    return fail(
      `expected the plugin on every node, since ${pipelines.length} ingest pipeline(s) use ${STAMP_PROCESSOR} (${pipelines.slice(0, 3).join(', ')}), got none on ${lacking.length} of ${nodes.length} node(s) (${lacking.slice(0, 3).join(', ')}): these refuse documents. Run lexpand index on those indices, which puts the stock script in, or install the plugin.`,
    )
  }
  if (lacking.length > 0 && indices.length > 0) {
    return fail(
      `expected the plugin on every node, since ${indices.length} index(es) have fields of type ${IMPACTS} (${indices.slice(0, 3).join(', ')}), got none on ${lacking.length} of ${nodes.length} node(s) (${lacking.slice(0, 3).join(', ')}): shards cannot open there. Install the plugin, then lexpand reindex --to NAME --vector-type rank_features if it shall go.`,
    )
  }
  if (lacking.length === nodes.length) {
    return 'not installed: queries use stock rank_feature clauses, which rank the same'
  }
  if (lacking.length > 0) {
    return warn(
      `missing on ${lacking.length} of ${nodes.length} node(s) (${lacking.slice(0, 3).join(', ')}). Install it on every node: a lexpand query fails where it is missing, and copies of a shard can differ until the sweep.`,
    )
  }
  const versions = [...new Set(nodes.map(({ version }) => version ?? '?'))].sort()
  const found = `version ${versions.join(' and ')} on ${nodes.length} node(s)`
  if (versions.length > 1 || versions[0] !== wanted) {
    return warn(`${found}, this is Lexpand ${wanted}. Install the plugin of this version on every node.`)
  }
  return found
}
