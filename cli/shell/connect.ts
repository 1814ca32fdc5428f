import type { Client } from '@opensearch-project/opensearch'
import { up } from '../../embedded/index.ts'
import { openSearchClient } from '../../opensearch/client.ts'
import { assertEngine } from '../../opensearch/engine-version.ts'
import { refuseServerless } from '../../opensearch/login/serverless.ts'
import type { RedisPlace } from '../../workers/index.ts'
import {
  type Configuration,
  type ConnectionFlags,
  type PaceFlags,
  readConfiguration,
} from './configuration.ts'
import { note } from './output.ts'

/** Connections and settings of a command. */
export interface Connection {
  readonly configuration: Configuration
  readonly opensearchUrl: string
  readonly redisUrl: string
  /** The same address with the secrets of files. */
  readonly redisPlace: RedisPlace
  readonly client: Client
}

/**
 * Connects to the servers named by options or environment; starts the embedded ones for those not named.
 *
 * @param needs services that the command uses; the others are not started, and their URL is then ''
 * @throws LexpandError CONFIGURATION for unusable settings, for a command that writes to a Serverless collection, and
 *   for an engine that is no OpenSearch or too old; the engine's error when an embedded service cannot start
 */
export async function connect(
  flags: ConnectionFlags & PaceFlags,
  needs: { readonly redis: boolean } = { redis: true },
): Promise<Connection> {
  const configuration = readConfiguration(flags, process.env)
  // Every command that needs the queue writes.
  if (needs.redis && configuration.aws?.service === 'aoss') refuseServerless('connect')
  const wanted = {
    opensearch: configuration.opensearchUrl === undefined,
    redis: needs.redis && configuration.redisUrl === undefined,
  }
  const embedded = wanted.opensearch || wanted.redis ? await up({ ...wanted, onProgress: note }) : undefined
  const opensearchUrl = configuration.opensearchUrl ?? embedded?.opensearchUrl ?? ''
  const redisUrl = configuration.redisUrl ?? embedded?.redisUrl ?? ''
  const client = openSearchClient(opensearchUrl, configuration)
  if (configuration.aws?.service !== 'aoss') await assertEngine(client, 'connect')
  return {
    configuration,
    opensearchUrl,
    redisUrl,
    redisPlace: { ...configuration.redisSecrets, url: redisUrl },
    client,
  }
}

/** A URL for output and logs: user name and password are removed. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href.replace(/\/$/, '')
}
