import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { connect, DEFAULT_PREFIX, enqueue, sweep } from '../../../workers/index.ts'
import { LEAST_ACL } from '../../../workers/queue/redis.ts'
import { until } from '../../fixtures/until.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from '../../fixtures/worker-fixture.ts'
import { TestAuthority } from '../login/certificates.ts'
import { plain, startRedisCluster, startRedisProcess } from './redis-process.ts'

const DOCUMENTS = 150

test('over TLS with an own authority, a certificate of the client and a password of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-redis-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const authority = new TestAuthority(folder, 'Redis CA')
  const pair = authority.sign('server', 'DNS:localhost,IP:127.0.0.1')
  const files = ['tls-cert-file server.pem', 'tls-key-file server.key', 'tls-ca-cert-file ca.pem']
  const absolute = files.map((line) => line.replace(' ', ` ${folder}/`))
  const ca = authority.certificate
  const { port } = await startRedisProcess(
    (at) => ['port 0', `tls-port ${at}`, 'requirepass secret', ...absolute],
    {
      login: { tls: { ca, ...pair }, password: 'secret' },
    },
  )
  const url = `rediss://127.0.0.1:${port}`
  const connection = await connect({ url, ca, ...pair, password: () => 'secret' }, { role: 'queue' })
  expect(await connection.ping()).toBe('PONG')
  connection.disconnect()
  const refused = (place: object) => connect({ url, ...place }, { role: 'queue' })
  await expect(refused({ ...pair, password: 'secret' })).rejects.toThrow(/REDIS_CA_FILE/)
  await expect(refused({ ca, ...pair, password: 'wrong' })).rejects.toThrow(
    /WRONGPASS.*user name and password/,
  )
})

test('a user with the rights that we say are enough does all that a worker and a sweep do', async () => {
  const { port, admin } = await startRedisProcess(plain)
  await setUser(admin, LEAST_ACL)
  const fixture = await workerFixture('acl', { redis: `redis://worker:secret@127.0.0.1:${port}` })
  await encodeAll(fixture)
})

test('a worker without rights says so in a few lines, does not spin, and goes on when they are given back', async () => {
  const { port, admin } = await startRedisProcess(plain)
  await setUser(admin, LEAST_ACL)
  const fixture = await workerFixture('noperm', { redis: `redis://worker:secret@127.0.0.1:${port}` })
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
  const worker = await fixture.startWorker(undefined, { logger })
  await setUser(admin, `${LEAST_ACL} -evalsha -eval -bzpopmin`)
  await enqueueDocuments(fixture).catch(() => undefined)
  await until(() => lines.some((line) => line.includes('NOPERM')))
  const before = await rejectedCalls(admin)
  await sleep(2_000)
  expect((await rejectedCalls(admin)) - before).toBeLessThan(200)
  expect(lines.length).toBeLessThan(20)
  expect(worker.isRunning()).toBe(true)
  await setUser(admin, LEAST_ACL)
  await enqueueDocuments(fixture)
  await allReady(fixture)
})

test('found by Sentinel', async () => {
  const { port } = await startRedisProcess(plain)
  const sentinel = await startRedisProcess(
    (at) => [`port ${at}`, `sentinel monitor main 127.0.0.1 ${port} 1`],
    {
      mode: ['--sentinel'],
    },
  )
  await encodeAll(
    await workerFixture('sentinel', { redis: `redis-sentinel://127.0.0.1:${sentinel.port}/main` }),
  )
})

test('in a cluster of three; a plain URL of one of its nodes is refused with the one to write', async () => {
  const redis = await startRedisCluster()
  await encodeAll(await workerFixture('cluster', { redis }))
  const nodes = redis.replace('redis-cluster://', '').split(',')
  const answers = await Promise.allSettled(nodes.map((node) => connect(`redis://${node}`, { role: 'queue' })))
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : []))
  // One of the three has the keys.
  expect(refused).toHaveLength(2)
  for (const message of refused) expect(message).toMatch(/MOVED.*write redis-cluster:\/\/HOST:PORT/s)
  for (const answer of answers) if (answer.status === 'fulfilled') answer.value.disconnect()
})

test('a worker whose Redis is full says so in a few lines, does not spin, and goes on when there is room', async () => {
  const { port, admin } = await startRedisProcess(plain)
  const fixture = await workerFixture('oom', { redis: `redis://127.0.0.1:${port}` })
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
  await enqueueDocuments(fixture)
  await admin.config('SET', 'maxmemory', '1')
  const worker = await fixture.startWorker(undefined, { logger })
  await until(() => lines.some((line) => line.includes('OOM')))
  const refusals = async () => Number(/errorstat_OOM:count=(\d+)/.exec(await admin.info('errorstats'))?.[1])
  const before = await refusals()
  await sleep(2_000)
  expect((await refusals()) - before).toBeLessThan(200)
  expect(lines.length).toBeLessThan(20)
  expect(worker.isRunning()).toBe(true)
  await admin.config('SET', 'maxmemory', '0')
  await allReady(fixture)
})

async function rejectedCalls(admin: { info(section: string): Promise<string> }): Promise<number> {
  const stats = await admin.info('commandstats')
  return [...stats.matchAll(/rejected_calls=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
}

async function setUser(admin: { call(command: string, ...args: string[]): Promise<unknown> }, acl: string) {
  const rules = acl.replace('ACL SETUSER NAME', '').replace('PASSWORD', 'secret').trim().split(/\s+/)
  await admin.call('ACL', 'SETUSER', 'worker', 'reset', ...rules)
}

async function enqueueDocuments({ client, queue, index, specification }: WorkerFixture): Promise<void> {
  const documents = Array.from({ length: DOCUMENTS }, (_, at) => ({
    id: `d${at}`,
    source: { text: `words of ${at}` },
  }))
  await enqueue({ client, queue, index, specification }, documents)
}

async function encodeAll(fixture: WorkerFixture): Promise<void> {
  await enqueueDocuments(fixture)
  await sweep(fixture.client, fixture.queue, fixture.index)
  await fixture.startWorker()
  await allReady(fixture)
  expect(fixture.queue.jobs.toKey('x').startsWith(`${DEFAULT_PREFIX}:`)).toBe(true)
}

async function allReady(fixture: WorkerFixture): Promise<void> {
  await until(async () => (await readyCount(fixture)) === DOCUMENTS)
  await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
}

async function readyCount({ client, index }: WorkerFixture): Promise<number> {
  await client.indices.refresh({ index })
  return (await client.count({ index, body: { query: { term: { 'lexpand.state': 'ready' } } } as never }))
    .body.count
}
