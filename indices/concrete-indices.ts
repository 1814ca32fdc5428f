import type { Client } from '@opensearch-project/opensearch'
import { assertIndexName, translateEngineError } from '../mappings/index.ts'

/**
 * The indices behind a name: those of an alias, the backing indices of a data stream, or the one index of that name.
 *
 * @returns concrete names, oldest first; the name itself where there is nothing of that name yet
 * @throws LexpandError CONFIGURATION for a bad name; SERVICE when the engine does not answer
 */
export async function concreteIndices(client: Client, name: string): Promise<string[]> {
  assertIndexName(name, 'set-up')
  try {
    const reply = await client.indices.getSettings(
      { index: name, name: ['index.creation_date'], flat_settings: true, expand_wildcards: 'all' },
      { ignore: [404] },
    )
    if (reply.statusCode === 404) return [name]
    const created = (settings: unknown) =>
      Number((settings as Readonly<Record<string, unknown>> | undefined)?.['index.creation_date'])
    return Object.entries(reply.body)
      .sort(([, a], [, b]) => created(a.settings) - created(b.settings))
      .map(([index]) => index)
  } catch (error) {
    throw translateEngineError(error, { part: 'set-up', index: name })
  }
}
