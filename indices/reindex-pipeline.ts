import type { Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, translateEngineError } from '../mappings/index.ts'
import {
  chainName,
  ingestPipeline,
  ingestPipelineName,
  installIngestPipeline,
  storePipeline,
  useByDefault,
} from '../pipelines/index.ts'
import { LexpandError } from '../sparse/errors.ts'

/**
 * Gives the new index its own stamp, and the other processors of the old index's default pipeline: a pipeline that
 * called the old stamp is copied with the new one in its place.
 *
 * @param old name and default pipeline of the old index
 */
export async function installTargetPipeline(
  client: Client,
  old: { readonly name: string; readonly defaultPipeline: string | undefined },
  target: string,
  specification: IndexSpecification,
): Promise<void> {
  const { name, defaultPipeline } = old
  const isForeign =
    defaultPipeline !== undefined &&
    defaultPipeline !== '_none' &&
    defaultPipeline !== ingestPipelineName(name)
  if (isForeign) {
    try {
      const stamp = ingestPipelineName(target)
      await storePipeline(client, stamp, ingestPipeline(specification), target)
      const reply = await client.ingest.getPipeline({ id: defaultPipeline }, { ignore: [404] })
      const found = reply.body[defaultPipeline]
      if (found === undefined) throw missing(name, defaultPipeline)
      const chain = chainName(target)
      const body = {
        ...found,
        processors: withStamp(found.processors ?? [], ingestPipelineName(name), stamp),
      }
      await storePipeline(client, chain, body, target)
      await useByDefault(client, target, chain)
    } catch (error) {
      throw translateEngineError(error, { part: 'reindex', index: target })
    }
  }
  await installIngestPipeline(client, target, specification)
}

type Processor = Readonly<Record<string, unknown>>

/** The stamp replaces the old one, else it goes to the end: it has to see the text as it will be stored. */
export function withStamp(processors: readonly object[], old: string, stamp: string): object[] {
  const call = { pipeline: { name: stamp } }
  const isOld = (processor: Processor) => (processor.pipeline as { name?: string } | undefined)?.name === old
  const own = processors as readonly Processor[]
  return own.some(isOld)
    ? own.map((processor) => (isOld(processor) ? call : processor))
    : [...processors, call]
}

function missing(index: string, pipeline: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[reindex] expected the default pipeline ${pipeline} of index ${index}, got none. Put it back, or set index.default_pipeline to _none.`,
  )
}
