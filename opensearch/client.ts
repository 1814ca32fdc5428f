import { Client, type ClientOptions } from '@opensearch-project/opensearch'
import { LexpandError } from '../sparse/errors.ts'
import { ExactSerializer } from './exact-serializer.ts'
import { type AwsSigning, signedBy } from './login/aws-signing.ts'
import { loginConnection } from './login/login-connection.ts'
import type { Secret } from './login/secret.ts'
import { type TlsSettings, tlsAgent } from './login/tls-agent.ts'

/**
 * Login of a cluster and time limits. Secrets may be functions: passwords and tokens are read anew when the cluster
 * refuses them, certificates for every new connection.
 */
export interface ClientSettings extends TlsSettings {
  readonly username?: string | undefined
  readonly password?: Secret | undefined
  /** Sent as a bearer token, instead of user name and password. */
  readonly token?: Secret | undefined
  /** Signs every request for a managed service, instead of user name and password. */
  readonly aws?: AwsSigning | undefined
  /** Milliseconds. @default 60_000 */
  readonly requestTimeoutMs?: number | undefined
}

/**
 * One OpenSearch client with the settings that Lexpand needs; the certificate of the cluster is checked unless the
 * settings turn that off.
 *
 * @throws LexpandError CONFIGURATION for more than one way to log in
 */
export function openSearchClient(url: string, settings: ClientSettings = {}): Client {
  return new Client({
    node: url,
    // Lexpand itself repeats requests that are safe to repeat; a blind repeat of a timed-out bulk request is not.
    maxRetries: 0,
    requestTimeout: settings.requestTimeoutMs ?? 60_000,
    // Documents may hold any key; Lexpand only reads own keys of replies.
    disablePrototypePoisoningProtection: true,
    Serializer: ExactSerializer,
    ...loginOptions(settings),
    ...(url.startsWith('https:') ? { agent: () => tlsAgent(settings) } : {}),
  })
}

function loginOptions({ username, password, token, aws }: ClientSettings): ClientOptions {
  const ways = [username, token, aws].filter((way) => way !== undefined)
  if (ways.length > 1) {
    throw new LexpandError(
      'CONFIGURATION',
      '[client] expected one way to log in, got several of user name, token and AWS signature. Keep one of them.',
    )
  }
  if (aws !== undefined) return signedBy(aws)
  if (token !== undefined) return { Connection: loginConnection({ token }) }
  if (username === undefined) return {}
  return { Connection: loginConnection({ username, password: password ?? '' }) }
}
