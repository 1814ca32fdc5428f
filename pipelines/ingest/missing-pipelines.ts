import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'
import { processorsOf } from './store-pipeline.ts'

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
    const known = new Set(named.filter((id) => typeof id === 'string' && id !== '_none'))
    // Names that are added during the loop are visited, too.
    for (const id of known) {
      const processors = await processorsOf(client, id as string)
      if (processors === undefined) missing.push(id as string)
      for (const called of (processors as readonly Step[] | undefined)?.flatMap(callsOf) ?? [])
        known.add(called)
    }
    return missing
  } catch (error) {
    throw translateEngineError(error, { part: 'ingest pipeline', index })
  }
}

const SETTINGS = ['index.default_pipeline', 'index.final_pipeline'] as const

/** Names with templates depend on the document, and optional ones are the owner's decision. */
function callsOf({ pipeline, on_failure = [], foreach: each }: Step): string[] {
  const { name, ignore_missing_pipeline = false } = pipeline ?? {}
  const own = name === undefined || name.includes('{{') || ignore_missing_pipeline ? [] : [name]
  const inner = [
    ...on_failure,
    ...(pipeline?.on_failure ?? []),
    ...(each === undefined ? [] : [each.processor]),
  ]
  return [...own, ...inner.flatMap(callsOf)]
}

interface Step {
  readonly pipeline?:
    | {
        readonly name?: string | undefined
        readonly ignore_missing_pipeline?: boolean | undefined
        readonly on_failure?: readonly Step[] | undefined
      }
    | undefined
  readonly foreach?: { readonly processor: Step } | undefined
  readonly on_failure?: readonly Step[] | undefined
}
