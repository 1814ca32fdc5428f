import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from './failures/engine-error.ts'

/** Limits of one search of an index. An owner may have lowered each of them; none is above the engine's own default. */
export interface IndexLimits {
  /** Largest `from + size`. */
  readonly resultWindow: number
  /** Largest number of documents of a shard that a second phase may score. */
  readonly rescoreWindow: number
  /** Largest number of fields that scripts compute for each hit; 0 forbids them. */
  readonly scriptFields: number
}

/** The engine's defaults. */
export const DEFAULT_LIMITS: IndexLimits = { resultWindow: 10_000, rescoreWindow: 10_000, scriptFields: 32 }

const SETTINGS: Readonly<Record<keyof IndexLimits, string>> = {
  resultWindow: 'index.max_result_window',
  rescoreWindow: 'index.max_rescore_window',
  scriptFields: 'index.max_script_fields',
}

/** Names for `GET _settings`. */
export const LIMIT_SETTINGS = Object.values(SETTINGS)

/**
 * The limits of an index; for several indices, the lowest ones.
 *
 * @returns the engine's defaults for a user who may not read settings
 * @throws LexpandError INDEX or SERVICE when the engine cannot say
 */
export async function indexLimits(client: Client, index: string): Promise<IndexLimits> {
  try {
    const reply = await client.indices.getSettings(
      { index, name: LIMIT_SETTINGS, flat_settings: true },
      { ignore: [403] },
    )
    if (reply.statusCode === 403) return DEFAULT_LIMITS
    return Object.values(reply.body)
      .map(({ settings }) => limitsIn(settings))
      .reduce(
        (least, own) => ({
          resultWindow: Math.min(least.resultWindow, own.resultWindow),
          rescoreWindow: Math.min(least.rescoreWindow, own.rescoreWindow),
          scriptFields: Math.min(least.scriptFields, own.scriptFields),
        }),
        DEFAULT_LIMITS,
      )
  } catch (error) {
    throw translateEngineError(error, { part: 'settings', index })
  }
}

/** Largest number of hits that one search of an index may ask for, from {@link indexLimits}. */
export async function resultWindow(client: Client, index: string): Promise<number> {
  return (await indexLimits(client, index)).resultWindow
}

/** @param settings with flat names, as the engine answers */
export function limitsIn(settings: unknown): IndexLimits {
  const limit = (name: keyof IndexLimits, least: number) => {
    const found = Number((settings as Readonly<Record<string, unknown>> | undefined)?.[SETTINGS[name]])
    const ours = DEFAULT_LIMITS[name]
    return Number.isInteger(found) && found >= least ? Math.min(found, ours) : ours
  }
  return {
    resultWindow: limit('resultWindow', 1),
    rescoreWindow: limit('rescoreWindow', 1),
    scriptFields: limit('scriptFields', 0),
  }
}

/** Splits a list into parts that stay within a limit. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  )
}
