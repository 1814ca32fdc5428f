import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'
import { ingestPipelineName, isStamp } from './ingest-pipeline.ts'
import { processorsOf } from './store-pipeline.ts'

/**
 * Indices whose default pipeline neither is the stamp nor calls it: a sweep notices documents of other clients there
 * only after it has compared every text.
 *
 * @param index index, or alias of several
 * @returns names of the indices with their default pipelines, if any
 * @throws LexpandError INDEX or SERVICE when the engine cannot say
 */
export async function unstampedIndices(
  client: Client,
  index: string,
): Promise<{ readonly name: string; readonly pipeline: string | undefined }[]> {
  try {
    const reply = await client.indices.getSettings({ index, name: [SETTING], flat_settings: true })
    const unstamped: { name: string; pipeline: string | undefined }[] = []
    for (const [name, { settings }] of Object.entries(reply.body)) {
      const stamp = ingestPipelineName(name)
      const found = (settings as Readonly<Record<string, unknown>> | undefined)?.[SETTING]
      const pipeline = typeof found === 'string' && found !== '_none' ? found : undefined
      if (pipeline === stamp) continue
      const processors = pipeline === undefined ? [] : await processorsOf(client, pipeline)
      // A missing pipeline is another fault, see `missingPipelines`.
      const isStamped =
        processors?.some((processor) => processor.pipeline?.name === stamp || isStamp([processor])) ?? true
      if (!isStamped) unstamped.push({ name, pipeline })
    }
    return unstamped
  } catch (error) {
    throw translateEngineError(error, { part: 'ingest pipeline', index })
  }
}

const SETTING = 'index.default_pipeline'
