import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loadModel } from '../../models/index.ts'
import { openQueue, type RunningWorker, startWorker } from '../../workers/index.ts'
import { testEncoder } from '../fixtures/test-encoder.ts'
import { testClient } from '../fixtures/test-index.ts'
import { randomClients, type Services } from './random-clients.ts'

let services: Services
let worker: RunningWorker

beforeAll(async () => {
  const client = testClient(inject('opensearchUrl'))
  const redis = inject('redisUrl')
  const model = { ...(await loadModel()), identity: randomUUID().replaceAll('-', '').repeat(2) }
  const encoder = testEncoder(model, { delayMs: 20 })
  worker = await startWorker({ client, redis, model, encoder, logger: pino({ level: 'silent' }) })
  services = { client, model, queue: await openQueue({ redis, model }) }
})

afterAll(async () => {
  await worker.close()
  await services.queue.jobs.obliterate({ force: true })
  await services.queue.close()
  await services.client.close()
})

test('whatever clients and owners do, every document has the vector of its present text in the end', async () => {
  expect(await randomClients(services, { seed: 13, runs: 4, maxCommands: 25 })).toBeUndefined()
}, 240_000)
