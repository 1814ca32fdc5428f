import { Client } from '@opensearch-project/opensearch'
import { ExactSerializer } from './exact-serializer.ts'

/** How to log in to a cluster and how long to wait for it. */
export interface ClientSettings {
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** PEM certificate authority, content not path. @default those of Node */
  readonly caCertificate?: string | undefined
  /** @default true */
  readonly verifyTls?: boolean | undefined
  /** @default 60_000 */
  readonly requestTimeoutMs?: number | undefined
}

/** One OpenSearch client with the settings that Lexpand needs; TLS is verified unless the settings say otherwise. */
export function openSearchClient(url: string, settings: ClientSettings = {}): Client {
  const { username, password, caCertificate, verifyTls = true, requestTimeoutMs = 60_000 } = settings
  return new Client({
    node: url,
    // Lexpand retries by itself where it knows a repeat is harmless; a blind repeat of a timed-out bulk is not.
    maxRetries: 0,
    requestTimeout: requestTimeoutMs,
    // Documents may hold any key; what comes back is only read, key by own key.
    disablePrototypePoisoningProtection: true,
    Serializer: ExactSerializer,
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
