import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from './failures/engine-error.ts'

/** The engine's default. */
export const DEFAULT_RESULT_WINDOW = 10_000
export const RESULT_WINDOW_SETTING = 'index.max_result_window'

/**
 * Largest number of hits that one search of an index may ask for, which its owner may have lowered; for several
 * indices, the smallest.
 *
 * @returns the engine's default for a user who may not read settings
 * @throws LexpandError INDEX or SERVICE when the engine cannot say
 */
export async function resultWindow(client: Client, index: string): Promise<number> {
  try {
    const reply = await client.indices.getSettings(
      { index, name: [RESULT_WINDOW_SETTING], flat_settings: true },
      { ignore: [403] },
    )
    if (reply.statusCode === 403) return DEFAULT_RESULT_WINDOW
    return Math.min(
      ...Object.values(reply.body).map(({ settings }) => windowIn(settings)),
      DEFAULT_RESULT_WINDOW,
    )
  } catch (error) {
    throw translateEngineError(error, { part: 'settings', index })
  }
}

/** @param settings with flat names, as the engine answers @returns at most {@link DEFAULT_RESULT_WINDOW} */
export function windowIn(settings: unknown): number {
  const found = Number((settings as Readonly<Record<string, unknown>> | undefined)?.[RESULT_WINDOW_SETTING])
  return Number.isInteger(found) && found > 0 ? Math.min(found, DEFAULT_RESULT_WINDOW) : DEFAULT_RESULT_WINDOW
}
