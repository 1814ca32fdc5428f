import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../mappings/sidecar.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'

export interface LexpandIndex {
  readonly name: string
  /** Of the model that it was made with. */
  readonly identity: string
}

/**
 * Finds the open indices of a cluster that Lexpand has set up.
 *
 * @param indices names or aliases @default all
 * @param identity only those of this model
 * @throws LexpandError INDEX when a named one is missing; SERVICE when the engine cannot be reached
 */
export async function lexpandIndices(
  client: Client,
  { indices = ['*'], identity }: { readonly indices?: readonly string[]; readonly identity?: string } = {},
): Promise<LexpandIndex[]> {
  const reply = await client.indices
    .getMapping({
      index: indices.join(','),
      expand_wildcards: 'open',
      filter_path: [`*.mappings._meta.${SIDECAR}.model.identity`],
    })
    .catch((error: unknown) => {
      throw translateEngineError(error, { part: 'sweep', index: indices.join(', ') })
    })
  return Object.entries(reply.body).flatMap(([name, { mappings }]) => {
    const found: unknown = mappings._meta?.[SIDECAR]?.model?.identity
    if (typeof found !== 'string' || (identity !== undefined && found !== identity)) return []
    return { name, identity: found }
  })
}
