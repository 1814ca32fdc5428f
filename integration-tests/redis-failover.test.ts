import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { type PrivateService, startPrivateRedis } from '../embedded/index.ts'
import { enqueue, sweep } from '../workers/index.ts'
import { tcpProxy } from './fixtures/tcp-proxy.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, workerFixture } from './fixtures/worker-fixture.ts'

const portOf = ({ url }: PrivateService) => Number(new URL(url).port)

test('a Redis that is demoted while its connections stay open loses its clients to the new primary, and no document', async () => {
  const [first, second] = [await startPrivateRedis(), await startPrivateRedis()]
  const proxy = await tcpProxy(portOf(first))
  const [primary, replica] = [new Redis(first.url), new Redis(second.url)]
  onTestFinished(async () => {
    primary.disconnect()
    replica.disconnect()
    await proxy.close()
    await first.stop()
    await second.stop()
  })
  await replica.replicaof('127.0.0.1', portOf(first))
  await until(async () => /master_link_status:up/.test(await replica.info('replication')))

  const fixture = await workerFixture('failover', { redis: `redis://127.0.0.1:${proxy.port}` })
  const { client, queue, index } = fixture
  const worker = await fixture.startWorker()
  const documents = (from: number) =>
    Array.from({ length: 100 }, (_, at) => ({ id: `d${from + at}`, source: { text: `text ${from + at}` } }))
  await enqueue(fixture, documents(0))
  await queue.idle()

  await replica.replicaof('NO', 'ONE')
  proxy.target = portOf(second)
  await primary.replicaof('127.0.0.1', portOf(second))

  await enqueue(fixture, documents(100))
  await client.index({ index, id: 'hooked', body: { text: 'written by another client' }, refresh: true })
  await sweep(client, queue, index)
  await until(() => worker.stats.ready === 201)
  await queue.idle()
  await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  expect(worker.isRunning()).toBe(true)
})
