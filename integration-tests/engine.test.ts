import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { RELEASES } from '../embedded/engine/release.ts'
import { startPrivateRedis } from '../embedded/index.ts'
import { findRunningRedis } from '../embedded/redis/running-redis.ts'

const LAUNCHER = join(import.meta.dirname, '..', 'bin', 'lexpand.mjs')
const run = promisify(execFile)

/** Asks the process table, not the code under test. A zombie has ended: its parent has not looked yet. */
function isThere(pid: number): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 && !stdout.trim().startsWith('Z')
}

describe('the command line, on a cache of its own', () => {
  const caches: string[] = []
  const cache = () => {
    const folder = mkdtempSync(join(tmpdir(), 'lexpand-cli-'))
    chmodSync(folder, 0o755)
    caches.push(folder)
    return folder
  }
  const lexpand = async (folder: string, ...flags: string[]) => {
    const env = { ...process.env, LEXPAND_CACHE: folder }
    const { stdout } = await run(process.execPath, [LAUNCHER, ...flags, '--json'], { env })
    return JSON.parse(stdout)
  }
  const redisOf = async (folder: string) => (await lexpand(folder, 'status')).services[1]

  afterEach(async () => {
    for (const folder of caches.splice(0)) {
      await lexpand(folder, 'down')
      rmSync(folder, { recursive: true })
    }
  })

  test('up twice at once and once more is one Redis; down ends it; the next up finds its data', async () => {
    const folder = cache()
    const both = await Promise.all([
      lexpand(folder, 'up', '--only', 'redis'),
      lexpand(folder, 'up', '--only', 'redis'),
    ])
    const first = await redisOf(folder)
    expect(both).toEqual([
      { opensearch_url: null, redis_url: first.url, embedded: { opensearch: false, redis: true } },
      both[0],
    ])
    await lexpand(folder, 'up', '--only', 'redis')
    expect((await redisOf(folder)).pid).toBe(first.pid)
    await withRedis(first.url, (redis) => redis.set('kept', 'yes'))

    expect(await lexpand(folder, 'down')).toEqual({ stopped: ['redis'] })
    expect(isThere(first.pid)).toBe(false)
    expect(await redisOf(folder)).toMatchObject({ state: 'stopped', pid: null, url: null })
    expect(await lexpand(folder, 'down')).toEqual({ stopped: [] })

    const { redis_url } = await lexpand(folder, 'up', '--only', 'redis')
    expect(await withRedis(redis_url, (redis) => redis.get('kept'))).toBe('yes')
  })

  test('a taken port gives another one, and a killed service is started again', async () => {
    // The port is taken, either by this server or by another process.
    const server = createServer().on('error', () => undefined)
    await new Promise<void>((resolve) =>
      server.once('error', () => resolve()).listen(6379, '127.0.0.1', resolve),
    )
    onTestFinished(() => void server.close())
    const folder = cache()
    const { redis_url } = await lexpand(folder, 'up', '--only', 'redis')
    expect(new URL(redis_url).port).not.toBe('6379')
    const { pid } = await redisOf(folder)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => isThere(pid)).toBe(false)
    await lexpand(folder, 'up', '--only', 'redis')
    expect((await redisOf(folder)).state).toBe('running')
  })
})

describe('the shared engine', () => {
  test('has a known version and the settings that one machine needs', async () => {
    const url = inject('opensearchUrl')
    // A developer's own may be another one of them.
    const { version } = await get(url)
    expect(RELEASES.map((release) => release.version)).toContain(version.number)
    const settings = await get(`${url}/_cluster/settings?include_defaults&flat_settings`)
    const key = 'cluster.routing.allocation.disk.threshold_enabled'
    const given = await get(`${url}/_nodes/settings?flat_settings`)
    const [node] = Object.values<{ settings: Record<string, string> }>(given.nodes)
    expect(settings.defaults[key] ?? node?.settings[key]).toBe('false')
    for (const listener of ['http.host', 'transport.host']) expect(node?.settings[listener]).toBe('127.0.0.1')
  })

  test('Redis logs every write and evicts nothing', async () => {
    const config = await withRedis(inject('redisUrl'), (redis) => redis.config('GET', 'maxmemory-policy'))
    expect(config).toEqual(['maxmemory-policy', 'noeviction'])
  })

  test('a Redis that runs already is recognised as fit for a queue', async () => {
    const url = new URL(inject('redisUrl'))
    const info = await withRedis(url.href, (redis) => redis.info('server'))
    expect(await findRunningRedis(Number(url.port))).toEqual({
      url: `redis://127.0.0.1:${url.port}`,
      version: /^redis_version:(.*)\r$/m.exec(info)?.[1],
    })
  })
})

describe('private services', () => {
  test('a Redis that is killed has lost nothing after its restart', async () => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    await withRedis(redis.url, (client) => client.set('written', 'yes'))
    const { pid } = redis
    await redis.kill9()
    expect(isThere(pid)).toBe(false)
    await redis.restart()
    expect(redis.pid).not.toBe(pid)
    expect(await withRedis(redis.url, (client) => client.get('written'))).toBe('yes')
    await redis.stop()
    expect(isThere(redis.pid)).toBe(false)
    expect(existsSync(redis.dataDirectory)).toBe(false)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: answers of the engine, asserted on by the caller
async function get(url: string): Promise<any> {
  return (await fetch(url)).json()
}

async function withRedis<T>(url: string, action: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url)
  try {
    return await action(redis)
  } finally {
    redis.disconnect()
  }
}
