import { connect } from 'node:net'

/**
 * Health of OpenSearch: `red` when it answers but some index is not available, `silent` when it does not answer.
 *
 * @param pid process id of this node: a node of another process that took the port meanwhile counts as silence
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
    // The server is not listening yet, has ended, or is not OpenSearch.
    return 'silent'
  }
}

async function nodeProcessId(url: string): Promise<number | undefined> {
  const path = '/_nodes/_local/process?filter_path=nodes.*.process.id'
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) })
  const { nodes = {} } = (await answer.json()) as { nodes?: Record<string, { process: { id: number } }> }
  return Object.values(nodes)[0]?.process.id
}

/** Whether a Redis answers PING; one that still loads its data set does not, nor does one that wants a password. */
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
