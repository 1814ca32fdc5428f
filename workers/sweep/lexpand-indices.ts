import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../mappings/sidecar.ts'
import { EngineDenied, isDenied } from '../../opensearch/failures/denied.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'

export interface LexpandIndex {
  readonly name: string
  /** Identity of the model that it was made with. */
  readonly identity: string
}

/**
 * Finds the open indices of a cluster that Lexpand has set up. Where the user may not look at the mappings of all indices,
 * a pattern is answered from the state of the cluster, if that may be seen.
 *
 * @param indices names, patterns or aliases @default all
 * @param identity only those of this model
 * @throws LexpandError INDEX when a named one is missing; SERVICE when the engine cannot be reached or forbids it
 */
export async function lexpandIndices(
  client: Client,
  { indices = ['*'], identity }: { readonly indices?: readonly string[]; readonly identity?: string } = {},
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

/** One index that the user may not look at must not hide the others: the state of the cluster is one privilege for all. */
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

const IDENTITY = `_meta.${SIDECAR}.model.identity`

function ours(name: string, mappings: unknown): LexpandIndex[] {
  const identity = (mappings as Mappings | undefined)?._meta?.[SIDECAR]?.model?.identity
  return typeof identity === 'string' ? [{ name, identity }] : []
}
