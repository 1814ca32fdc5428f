import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis, type RedisOptions } from 'ioredis'
import { onTestFinished } from 'vitest'
import { freePort } from '../../../embedded/host/ports.ts'
import { findRedisServer } from '../../../embedded/redis/redis-server.ts'
import { machineSettings } from '../../../embedded/settings.ts'
import { until } from '../../fixtures/until.ts'

export interface RedisProcess {
  readonly port: number
  /** With all rights. */
  readonly admin: Redis
}

/** A Redis of one test with the settings of its file, gone when the test ends. */
export async function startRedisProcess(
  lines: (port: number, folder: string) => readonly string[] = plain,
  { mode = [], login = {} }: { readonly mode?: readonly string[]; readonly login?: RedisOptions } = {},
): Promise<RedisProcess> {
  const settings = machineSettings()
  const server = await findRedisServer(settings.environment, undefined)
  if (server === undefined) throw new Error('[test] expected redis-server, got none')
  const port = await freePort(0)
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-redis-'))
  const file = join(folder, 'redis.conf')
  writeFileSync(file, [`dir ${folder}`, 'bind 127.0.0.1', 'save ""', ...lines(port, folder)].join('\n'))
  const child = spawn(server.command, [file, ...mode], { stdio: 'ignore' })
  const admin = new Redis({ port, host: '127.0.0.1', ...login })
  admin.on('error', () => undefined)
  onTestFinished(async () => {
    admin.disconnect()
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })
  await until(() =>
    admin.ping().then(
      () => true,
      () => false,
    ),
  )
  return { port, admin }
}

export function plain(port: number): string[] {
  return [`port ${port}`]
}

/** Three primaries that share the slots. */
export async function startRedisCluster(): Promise<string> {
  const nodes: RedisProcess[] = []
  for (let at = 0; at < 3; at++) {
    nodes.push(
      await startRedisProcess((port) => [
        `port ${port}`,
        'cluster-enabled yes',
        'cluster-config-file nodes.conf',
        `cluster-port ${port - 10_000}`,
      ]),
    )
  }
  const places = nodes.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync('redis-cli', ['--cluster', 'create', ...places, '--cluster-yes'], { stdio: 'pipe' })
  const isReady = async ({ admin }: RedisProcess) =>
    /cluster_state:ok/.test(String(await admin.call('cluster', 'info')))
  await until(async () => (await Promise.all(nodes.map(isReady))).every(Boolean))
  return `redis-cluster://${places.join(',')}`
}
