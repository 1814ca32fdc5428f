import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { EngineError } from '../host/errors.ts'

export interface WebContext {
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case, are read from it. */
  readonly environment: NodeJS.ProcessEnv
  /** Milliseconds before the first repetition; doubled each time. @default 500 */
  readonly retryDelayMs?: number | undefined
  /** Milliseconds of silence after which a connection counts as broken. @default 20000 */
  readonly silenceMs?: number | undefined
}

const REDIRECTS = 5

/**
 * Sends a GET; the caller reads the body. Redirects are followed, but never from https to http.
 *
 * @throws Error when the connection cannot be made or breaks
 */
export async function request(
  url: URL,
  headers: http.OutgoingHttpHeaders,
  context: WebContext,
): Promise<IncomingMessage> {
  let at = url
  for (let followed = 0; ; followed++) {
    const response = await get(at, headers, context)
    const { location } = response.headers
    const { statusCode = 0 } = response
    if (statusCode < 300 || statusCode > 399 || location === undefined) return response
    response.destroy()
    const next = new URL(location, at)
    if (followed === REDIRECTS || (at.protocol === 'https:' && next.protocol !== 'https:')) {
      throw new EngineError(
        'ENGINE_FETCH',
        `expected ${url.origin}${url.pathname}, got a redirect to ${next.origin} that is not followed (more than ${REDIRECTS}, or away from https). Name the right address.`,
      )
    }
    at = next
  }
}

/** The body as text. @throws Error when it has more than `limit` bytes */
export async function readBody(response: IncomingMessage, limit: number): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    if (text.length > limit) throw new Error(`a body of more than ${limit} bytes`)
  }
  return text
}

function get(
  url: URL,
  headers: http.OutgoingHttpHeaders,
  { environment, silenceMs = 20_000 }: WebContext,
): Promise<IncomingMessage> {
  const { Agent, get: send } = url.protocol === 'https:' ? https : http
  const agent = new Agent({ proxyEnv: environment })
  return new Promise((resolve, reject) => {
    const sent = send(url, { agent, headers: { ...headers, 'accept-encoding': 'identity' } }, (response) => {
      response.once('close', () => agent.destroy())
      resolve(response)
    })
    sent.setTimeout(silenceMs, () => sent.destroy(new Error(`no byte for ${silenceMs / 1000} s`)))
    sent.on('error', (error) => {
      agent.destroy()
      reject(error)
    })
  })
}
