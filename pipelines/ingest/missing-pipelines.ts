import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'

/**
 * Ingest pipelines that an index names but that do not exist, as after a restore without the cluster's state: the
 * engine then refuses every write.
 *
 * @param index index, or alias of several
 * @returns names of the missing pipelines
 * @throws LexpandError INDEX or SERVICE when the engine cannot say
 */
export async function missingPipelines(client: Client, index: string): Promise<string[]> {
  try {
    const reply = await client.indices.getSettings({ index, name: [...SETTINGS], flat_settings: true })
    const named = Object.values(reply.body).flatMap(({ settings }) =>
      SETTINGS.map((key) => (settings as Readonly<Record<string, unknown>> | undefined)?.[key]),
    )
    const missing: string[] = []
    for (const id of new Set(named)) {
      if (typeof id !== 'string' || id === '_none') continue
      const found = await client.ingest.getPipeline({ id }, { ignore: [404] })
      if (found.body[id] === undefined) missing.push(id)
    }
    return missing
  } catch (error) {
    throw translateEngineError(error, { part: 'ingest pipeline', index })
  }
}

const SETTINGS = ['index.default_pipeline', 'index.final_pipeline'] as const
