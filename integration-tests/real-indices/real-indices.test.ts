import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import { loadModel } from '../../models/index.ts'
import { openQueue, type RunningWorker, startWorker } from '../../workers/index.ts'
import { testEncoder } from '../fixtures/test-encoder.ts'
import { testClient } from '../fixtures/test-index.ts'
import { type House, live } from './life.ts'
import { healthy } from './oracle.ts'
import { SEARCH_PIPELINE_SHAPES } from './pipeline-shapes.ts'
import { RESIZED_SHAPES } from './resized-shapes.ts'
import { SETTING_SHAPES, WRITER_SHAPES } from './setting-shapes.ts'
import { SOURCE_SHAPES } from './source-shapes.ts'

const SHAPES = [
  ...SEARCH_PIPELINE_SHAPES,
  ...RESIZED_SHAPES,
  ...SOURCE_SHAPES,
  ...SETTING_SHAPES,
  ...WRITER_SHAPES,
]

let house: House
let worker: RunningWorker

beforeAll(async () => {
  const client = testClient(inject('opensearchUrl'))
  const redis = inject('redisUrl')
  const model = { ...(await loadModel()), identity: randomUUID().replaceAll('-', '').repeat(2) }
  const encoder = testEncoder(model)
  worker = await startWorker({ client, redis, model, encoder, logger: pino({ level: 'silent' }) })
  house = { client, model, queue: await openQueue({ redis, model }) }
})

afterAll(async () => {
  await worker.close()
  await house.queue.jobs.obliterate({ force: true })
  await house.queue.close()
  await house.client.close()
})

describe.concurrent('every document of an index has the vector of its present text when', () => {
  for (const shape of SHAPES) {
    test(shape.title, async ({ expect }) => {
      const life = await live(house, shape)
      const all = healthy(life.documents)
      expect(life.found).toEqual(life.found.map(() => all))
      expect({ leaked: life.leaked, unanswered: life.unanswered }).toEqual({ leaked: [], unanswered: 0 })
      await life.finished()
    })
  }
})
