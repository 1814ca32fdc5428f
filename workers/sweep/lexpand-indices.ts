import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../mappings/sidecar.ts'
import { EngineDenied, isDenied } from '../../opensearch/failures/denied.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'

export interface LexpandIndex {
  readonly name: string
  /** Identity of the model that the index was set up with. */
  readonly identity: string
}

/**
 * Finds the open indices of a cluster that Lexpand has set up. Where the user may not read the mappings of all indices,
 * the state of the cluster answers a pattern, if the user may read that.
 *
 * @param indices names, patterns or aliases
 * @default all
 * @param identity only indices of this model
 * @throws LexpandError INDEX when a named one is missing; SERVICE when the engine cannot be reached or forbids it
 */
export async function lexpandIndices(
  client: Client,
  {
    indices = EVERYWHERE,
    identity,
  }: { readonly indices?: readonly string[]; readonly identity?: string } = {},
): Promise<LexpandIndex[]> {
  const found = await ofMappings(client, indices).catch(async (error: unknown) => {
    const translated = translateEngineError(error, { part: 'sweep', index: indices.join(', ') })
    if (!isDenied(error) || !indices.every((name) => name.includes('*'))) throw translated
    return ofClusterState(client, indices).catch(() => {
      throw new EngineDenied(
        `${translated.message} Or name the indices to sweep (--index): then only these are asked.`,
        { cause: error },
      )
    })
  })
  return found.filter((index) => identity === undefined || index.identity === identity)
}

async function ofMappings(client: Client, indices: readonly string[]): Promise<LexpandIndex[]> {
  const reply = await client.indices.getMapping({
    index: indices.join(','),
    expand_wildcards: 'open',
    filter_path: [`*.mappings.${IDENTITY}`],
  })
  return Object.entries(reply.body).flatMap(([name, { mappings }]) => ours(name, mappings))
}

/**
 * Reads the state of the cluster, which needs one privilege for all indices: an index that the user may not read must
 * not hide the others.
 */
async function ofClusterState(client: Client, indices: readonly string[]): Promise<LexpandIndex[]> {
  const reply = await client.cluster.state({
    index: indices.join(','),
    metric: ['metadata'],
    expand_wildcards: 'open',
    filter_path: [`metadata.indices.*.mappings._doc.${IDENTITY}`],
  } as never)
  const { metadata } = reply.body as { metadata?: { indices?: Record<string, ClusterStateIndex> } }
  return Object.entries(metadata?.indices ?? {}).flatMap(([name, { mappings }]) => ours(name, mappings?._doc))
}

interface ClusterStateIndex {
  readonly mappings?: { readonly _doc?: Mappings } | undefined
}

interface Mappings {
  readonly _meta?: { readonly [SIDECAR]?: { readonly model?: { readonly identity?: unknown } } }
}

/** All indices, and those of data streams, which the first pattern does not name since they are hidden. */
const EVERYWHERE = ['*', '.ds-*']
const IDENTITY = `_meta.${SIDECAR}.model.identity`

function ours(name: string, mappings: unknown): LexpandIndex[] {
  const identity = (mappings as Mappings | undefined)?._meta?.[SIDECAR]?.model?.identity
  return typeof identity === 'string' ? [{ name, identity }] : []
}
