import type { IncomingMessage } from 'node:http'
import { Connection } from '@opensearch-project/opensearch'
import { reveal, type Secret } from './secret.ts'

/** Identity towards the cluster: a user with a password, or the bearer of a token. */
export type Login = { readonly username: string; readonly password: Secret } | { readonly token: Secret }

type Parameters = Omit<globalThis.Parameters<Connection['request']>[0], never>
type Callback = globalThis.Parameters<Connection['request']>[1]

/**
 * Connections that log in. A refused login (401) is read anew: if it changed meanwhile, the request is sent once more,
 * so that a rotated password causes no error.
 */
export function loginConnection(login: Login): typeof Connection {
  let current = headerOf(login)
  return class LoginConnection extends Connection {
    override request(parameters: Parameters, callback: Callback) {
      const used = current
      const send = (authorization: string, done: Callback) =>
        super.request({ ...parameters, headers: { ...parameters.headers, authorization } }, done)
      return send(used, (error, response) => {
        if (response?.statusCode !== 401 || isStream(parameters.body)) return callback(error, response)
        const fresh = readAgain(login, current)
        if (fresh === used) return callback(error, response)
        current = fresh
        drained(response, () => send(fresh, callback))
      })
    }
  }
}

function headerOf(login: Login): string {
  if ('token' in login) return `Bearer ${reveal(login.token)}`
  const { username, password } = login
  return `Basic ${Buffer.from(`${username}:${reveal(password)}`).toString('base64')}`
}

/** A file that is being replaced may be missing for a moment; the refusal then stands. */
function readAgain(login: Login, current: string): string {
  try {
    return headerOf(login)
  } catch {
    return current
  }
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body
}

function drained(response: IncomingMessage, next: () => void): void {
  response.once('end', next).resume()
}
