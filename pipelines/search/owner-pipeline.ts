import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'

/**
 * The default search pipeline that an owner has set on an index, or on one of the indices behind an alias. A search
 * with a pipeline of its own would replace it, and with it perhaps the filter that separates tenants. The engine is
 * asked for every such search, since an outdated answer would open a hole.
 *
 * @returns its name; undefined when there is none; `unknown` for a user who may not read settings
 * @throws LexpandError INDEX or SERVICE when the engine cannot say
 */
export async function ownerPipeline(client: Client, index: string): Promise<string | undefined> {
  try {
    const reply = await client.indices.getSettings(
      { index, name: [SETTING], flat_settings: true },
      { ignore: [403] },
    )
    if (reply.statusCode === 403) return 'unknown'
    return Object.values(reply.body)
      .map(({ settings }) => (settings as Record<string, unknown> | undefined)?.[SETTING])
      .find((name) => typeof name === 'string' && name !== '_none') as string | undefined
  } catch (error) {
    throw translateEngineError(error, { part: 'search', index })
  }
}

const SETTING = 'index.search.default_pipeline'
