import { type Client, errors } from '@opensearch-project/opensearch'
import { LexpandError } from '../sparse/errors.ts'

/** The oldest release that is promised; docs/versions.md tells which ones are tested. */
const MINIMUM = [2, 19] as const
/** A cluster that hangs is told by what is asked of it next. */
const PATIENCE_MS = 5_000

export interface EngineVersion {
  /** `opensearch`; undefined for Elasticsearch and what came before. */
  readonly distribution: string | undefined
  /** `3.6.0`. */
  readonly number: string
}

/** @throws what the client throws */
export async function engineVersion(client: Client, requestTimeout?: number): Promise<EngineVersion> {
  const { body } = await client.info({}, { requestTimeout })
  const { number, distribution } = body.version
  return { number, distribution: distribution as string | undefined }
}

/**
 * Why Lexpand does not work with this engine, whatever is asked of it.
 *
 * @returns undefined where it does
 */
export function unfit({ distribution, number }: EngineVersion): string | undefined {
  if (distribution !== 'opensearch')
    return `expected OpenSearch, got ${distribution ?? 'another engine'} ${number}. Name an OpenSearch cluster.`
  const [major = 0, minor = 0] = number.split('.').map(Number)
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return undefined
  return `expected OpenSearch ${MINIMUM.join('.')} or newer, got ${number}. Upgrade the cluster.`
}

/**
 * Refuses an engine that is none of ours before anything is asked of it or written to it. A cluster that does not
 * answer, or not this user (`cluster:monitor/main` is in no role but the operator's), is not judged.
 *
 * @throws LexpandError CONFIGURATION
 */
export async function assertEngine(client: Client, part: string): Promise<void> {
  let found: EngineVersion
  try {
    found = await engineVersion(client, PATIENCE_MS)
  } catch (error) {
    if (error instanceof errors.OpenSearchClientError) return
    throw error
  }
  const reason = unfit(found)
  if (reason !== undefined) throw new LexpandError('CONFIGURATION', `[${part}] ${reason}`)
}
