import { connect } from 'node:net'

/**
 * How OpenSearch is: `red` when it answers but some index is not available, `silent` when it does not answer.
 *
 * @param pid of our process: a node of somebody else that took the port while ours was starting counts as silence
 */
export async function openSearchHealth(
  url: string,
  pid?: number,
): Promise<'green' | 'yellow' | 'red' | 'silent'> {
  try {
    if (pid !== undefined && (await nodeProcessId(url)) !== pid) return 'silent'
    const answer = await fetch(`${url}/_cluster/health`, { signal: AbortSignal.timeout(5_000) })
    const { status } = (await answer.json()) as { status?: unknown }
    return answer.ok && (status === 'green' || status === 'yellow' || status === 'red') ? status : 'silent'
  } catch {
    // Not listening yet, not any more, or not OpenSearch.
    return 'silent'
  }
}

async function nodeProcessId(url: string): Promise<number | undefined> {
  const path = '/_nodes/_local/process?filter_path=nodes.*.process.id'
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) })
  const { nodes = {} } = (await answer.json()) as { nodes?: Record<string, { process: { id: number } }> }
  return Object.values(nodes)[0]?.process.id
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
