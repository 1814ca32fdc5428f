import { Agent } from 'node:https'
import { reveal, type Secret } from './secret.ts'

export interface TlsSettings {
  /** PEM certificate authorities, content not path. @default those of Node */
  readonly caCertificate?: Secret | undefined
  /** PEM certificate of this client, content not path, for clusters that ask for one; with `clientKey`. @default none */
  readonly clientCertificate?: Secret | undefined
  /** PEM key of that certificate, content not path. */
  readonly clientKey?: Secret | undefined
  /** Whether the certificate of the cluster is checked. @default true */
  readonly verifyTls?: boolean | undefined
}

/** The settings of the client's own agents. */
const KEPT_OPEN = {
  keepAlive: true,
  keepAliveMsecs: 1_000,
  maxSockets: 256,
  maxFreeSockets: 256,
  scheduling: 'lifo',
  // A resumed session would keep its old certificate.
  maxCachedSessions: 0,
} as const

/** An agent that reads its certificates for every new connection, so that rotated ones are used without a restart. */
export function tlsAgent({
  caCertificate,
  clientCertificate,
  clientKey,
  verifyTls = true,
}: TlsSettings): Agent {
  const certificates = () => ({
    rejectUnauthorized: verifyTls,
    ...(caCertificate === undefined ? {} : { ca: reveal(caCertificate) }),
    ...(clientCertificate === undefined ? {} : { cert: reveal(clientCertificate) }),
    ...(clientKey === undefined ? {} : { key: reveal(clientKey) }),
  })
  return new (class extends Agent {
    override createConnection(options: object, callback?: never) {
      return super.createConnection({ ...options, ...certificates() }, callback)
    }
  })(KEPT_OPEN)
}
