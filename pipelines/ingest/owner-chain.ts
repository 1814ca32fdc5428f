import type { Client } from '@opensearch-project/opensearch'
import { acknowledged } from '../../opensearch/failures/acknowledged.ts'
import { type IngestProcessor, processorsOf, storePipeline, useByDefault } from './store-pipeline.ts'

/**
 * Combines an owner's default pipeline with the stamp, since an index has only one default pipeline. The chain calls
 * the owner's pipeline, so that later changes of it count, and then the stamp, which has to see the text as it will be
 * stored.
 */
export async function chainWith(
  client: Client,
  index: string,
  { owner, stamp }: { readonly owner: string; readonly stamp: string },
): Promise<void> {
  const chain = chainName(index)
  await storePipeline(
    client,
    chain,
    {
      description: `Lexpand: ${owner}, which was the default pipeline of ${index}, and then the stamp`,
      processors: [call(owner), call(stamp)],
    },
    index,
  )
  await useByDefault(client, index, chain)
}

/** The colon distinguishes it from the stamp of any index, since no index name contains one. */
export function chainName(index: string): string {
  return `lexpand-${index}:chain`
}

/** @returns the pipeline that a chain calls before a stamp, if the chain does nothing else */
export function ownerIn(chain: string, processors: readonly IngestProcessor[]): string | undefined {
  const [first, ...others] = processors
  if (!chain.endsWith(chainName('').slice('lexpand-'.length)) || others.length > 1) return undefined
  return first?.pipeline?.name
}

/**
 * Removes the stamp from the chain of an index. A chain that only called one pipeline of the owner is replaced by it;
 * any other stays, without the stamp.
 *
 * @param present the default pipeline of the index
 * @returns whether it was the chain
 */
export async function removeChain(
  client: Client,
  index: string,
  { present, stamp }: { readonly present: string; readonly stamp: string },
): Promise<boolean> {
  const chain = chainName(index)
  if (present.startsWith('lexpand-') && present.endsWith(':template')) {
    // The pipeline of a template may serve other indices: this one alone leaves it.
    const [first] = (await processorsOf(client, present)) ?? []
    await useByDefault(client, index, first?.pipeline?.name ?? null)
    return true
  }
  if (present !== chain) return false
  const processors = (await processorsOf(client, chain)) ?? []
  const owner = ownerIn(chain, processors)
  if (owner !== undefined && owner !== stamp) {
    await useByDefault(client, index, owner)
    const deleted = client.ingest.deletePipeline({ id: chain }, { ignore: [404] })
    await acknowledged(deleted, { part: 'ingest pipeline', index })
    return true
  }
  const reply = await client.ingest.getPipeline({ id: chain }, { ignore: [404] })
  const rest = processors.filter((processor) => processor.pipeline?.name !== stamp)
  await storePipeline(client, chain, { ...reply.body[chain], processors: rest }, index)
  return true
}

function call(name: string): IngestProcessor {
  return { pipeline: { name } }
}
