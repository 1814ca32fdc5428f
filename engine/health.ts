import { connect } from 'node:net'

/** How OpenSearch is: `red` when it answers but some index is not available, `silent` when it does not answer. */
export async function openSearchHealth(url: string): Promise<'green' | 'yellow' | 'red' | 'silent'> {
  try {
    const answer = await fetch(`${url}/_cluster/health`, { signal: AbortSignal.timeout(5_000) })
    const { status } = (await answer.json()) as { status?: unknown }
    return answer.ok && (status === 'green' || status === 'yellow' || status === 'red') ? status : 'silent'
  } catch {
    // Not listening yet, not any more, or not OpenSearch.
    return 'silent'
  }
}

/** Tells whether a Redis answers PING; one that still loads its data set does not, nor does one that wants a password. */
export function redisAnswers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(2_000, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (reply) => settle(reply.toString('utf8').startsWith('+PONG')))
    socket.once('end', () => settle(false))
  })
}
