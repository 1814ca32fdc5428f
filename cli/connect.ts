import { Client } from '@opensearch-project/opensearch'
import { up } from '../engine/index.ts'
import {
  type Configuration,
  type ConnectionFlags,
  type PaceFlags,
  readConfiguration,
} from './configuration.ts'
import { note } from './output.ts'

/** What a command works with once it is connected. */
export interface Connection {
  readonly configuration: Configuration
  readonly opensearchUrl: string
  readonly redisUrl: string
  readonly client: Client
}

/**
 * Connects to the servers named by flags or environment; starts the embedded ones for those not named.
 *
 * @param needs which services the command uses; the others are not started, and their URL is then ''
 * @throws LexpandError CONFIGURATION for unusable settings; the engine's error when an embedded service cannot start
 */
export async function connect(
  flags: ConnectionFlags & PaceFlags,
  needs: { readonly redis: boolean } = { redis: true },
): Promise<Connection> {
  const configuration = readConfiguration(flags, process.env)
  const wanted = {
    opensearch: configuration.opensearchUrl === undefined,
    redis: needs.redis && configuration.redisUrl === undefined,
  }
  const embedded = wanted.opensearch || wanted.redis ? await up({ ...wanted, onProgress: note }) : undefined
  const opensearchUrl = configuration.opensearchUrl ?? embedded?.opensearchUrl ?? ''
  return {
    configuration,
    opensearchUrl,
    redisUrl: configuration.redisUrl ?? embedded?.redisUrl ?? '',
    client: openSearchClient(opensearchUrl, configuration),
  }
}

/** One OpenSearch client; TLS is verified unless LEXPAND_TLS_VERIFY=false says otherwise. */
export function openSearchClient(url: string, configuration: Configuration): Client {
  const { username, password, caCertificate, verifyTls, requestTimeoutMs } = configuration
  return new Client({
    node: url,
    // Lexpand retries by itself where it knows a repeat is harmless; a blind repeat of a timed-out bulk is not.
    maxRetries: 0,
    requestTimeout: requestTimeoutMs,
    // Documents may hold any key; what comes back is only read, key by own key.
    disablePrototypePoisoningProtection: true,
    ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
    ...(url.startsWith('https:')
      ? {
          ssl: {
            rejectUnauthorized: verifyTls,
            ...(caCertificate === undefined ? {} : { ca: caCertificate }),
          },
        }
      : {}),
  })
}

/** A URL that may be printed or logged: user name and password removed. */
export function withoutCredentials(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href.replace(/\/$/, '')
}
