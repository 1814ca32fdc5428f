import { connect } from 'node:net'
import { LOOPBACK } from '../host/ports.ts'
import { versionAtLeast } from '../host/versions.ts'
import { MINIMUM_REDIS } from './redis-server.ts'

export interface RunningRedis {
  readonly url: string
  readonly version: string
}

const USUAL_PORT = 6379

/**
 * A Redis that runs on this machine at the usual port and is fit for a queue: it needs no password, is new enough and
 * evicts no keys. It was started by others, so it is used only where Lexpand has no program to start its own.
 *
 * @returns the Redis, or the reason why there is none
 */
export async function findRunningRedis(port = USUAL_PORT): Promise<RunningRedis | string> {
  const url = `redis://${LOOPBACK}:${port}`
  const reply = await ask(port, 'INFO server\r\nCONFIG GET maxmemory-policy\r\nQUIT\r\n')
  if (reply === undefined) return `none answers at ${url}`
  const version = /^redis_version:(\d+\.\d+\.\d+)/m.exec(reply)?.[1]
  if (version === undefined) return `the one at ${url} does not tell its version (it may want a password)`
  if (!versionAtLeast(version, MINIMUM_REDIS))
    return `the one at ${url} has version ${version}, older than ${MINIMUM_REDIS}`
  if (!/^noeviction\r?$/m.test(reply))
    return `the one at ${url} evicts keys when its memory is full (maxmemory-policy)`
  return { url, version }
}

function ask(port: number, commands: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port }).setEncoding('utf8')
    let reply = ''
    const settle = (answer: string | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(2_000, () => settle(reply === '' ? undefined : reply))
    socket.once('error', () => settle(undefined))
    socket.once('connect', () => socket.write(commands))
    socket.on('data', (chunk: string) => {
      reply += chunk
      if (reply.length > 65_536) settle(reply)
    })
    socket.once('end', () => settle(reply))
  })
}
