import { type Client, errors } from '@opensearch-project/opensearch'
import { LexpandError } from '../sparse/errors.ts'

/** The oldest supported release; docs/versions.md lists the tested ones. */
const MINIMUM = [2, 19] as const
/** The next request to a cluster that hangs reports it. */
const PATIENCE_MS = 5_000

export interface EngineVersion {
  /** `opensearch`; undefined for Elasticsearch and its predecessors. */
  readonly distribution: string | undefined
  /** Version number, such as `3.6.0`. */
  readonly number: string
}

/** @throws any error of the client */
export async function engineVersion(client: Client, requestTimeout?: number): Promise<EngineVersion> {
  const { body } = await client.info({}, { requestTimeout })
  const { number, distribution } = body.version
  return { number, distribution: distribution as string | undefined }
}

/**
 * Reason why Lexpand cannot work with this engine at all.
 *
 * @returns undefined where it can
 */
export function unfit({ distribution, number }: EngineVersion): string | undefined {
  if (distribution !== 'opensearch')
    return `expected OpenSearch, got ${distribution ?? 'another engine'} ${number}. Name an OpenSearch cluster.`
  const [major = 0, minor = 0] = number.split('.').map(Number)
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return undefined
  return `expected OpenSearch ${MINIMUM.join('.')} or newer, got ${number}. Upgrade the cluster.`
}

/**
 * Refuses an unsupported engine before anything is asked of it or written to it. A cluster that does not answer, or
 * does not answer this user (only the operator's role has `cluster:monitor/main`), is accepted.
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
