import { randomUUID } from 'node:crypto'
import type { Client } from '@opensearch-project/opensearch'
import { pino } from 'pino'
import { expect, inject, onTestFinished } from 'vitest'
import { type IndexSpecification, installIndex, type SpecificationOptions } from '../mappings/index.ts'
import { loadModel, type Model } from '../models/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import type { Encoder } from '../sparse/index.ts'
import type { FakeEncoderOptions } from '../workers/encoders/fake.ts'
import {
  type EncodeQueue,
  openQueue,
  type RunningWorker,
  startWorker,
  type WorkerOptions,
} from '../workers/index.ts'
import { type StoredDocuments, states, testIndexSpecification, wrongVectors } from './stored-vectors.ts'
import { testEncoder } from './test-encoder.ts'
import { removeIndices, testClient, uniqueName } from './test-index.ts'

/** An index with its pipeline, a queue that no other test has, and workers on demand; gone when the test ends. */
export interface WorkerFixture {
  readonly client: Client
  readonly redisUrl: string
  readonly model: Model
  readonly index: string
  readonly specification: IndexSpecification
  readonly queue: EncodeQueue
  encoder(options?: Partial<FakeEncoderOptions>): Encoder
  startWorker(encoder?: Encoder, options?: Partial<WorkerOptions>): Promise<RunningWorker>
  /** id -> whole document, as it is now. */
  documents(): Promise<Map<string, Record<string, unknown>>>
}

export interface FixtureOptions {
  readonly opensearchUrl?: string
  readonly redisUrl?: string
  readonly fields?: SpecificationOptions['fields']
  readonly settings?: Record<string, unknown>
}

export async function workerFixture(subject: string, options: FixtureOptions = {}): Promise<WorkerFixture> {
  const client = testClient(options.opensearchUrl ?? inject('opensearchUrl'))
  const redisUrl = options.redisUrl ?? inject('redisUrl')
  // An identity of its own gives each test a queue of its own.
  const identity = randomUUID().replaceAll('-', '').repeat(2)
  const model = { ...(await loadModel()), identity }
  const index = uniqueName(subject)
  const specification = testIndexSpecification(model, options.fields ?? ['text'])
  await installIndex(client, index, specification, { settings: options.settings ?? {} })
  await installIngestPipeline(client, index, specification)
  const queue = await openQueue(redisUrl, identity)
  onTestFinished(async () => {
    await queue.jobs.obliterate({ force: true }).catch(() => {})
    await queue.close()
    await removeIndices(client, index).catch(() => {})
    await client.close()
  })
  const encoder = (fake: Partial<FakeEncoderOptions> = {}) => testEncoder(model, fake)
  return {
    client,
    redisUrl,
    model,
    index,
    specification,
    queue,
    encoder,
    async startWorker(ownEncoder = encoder(), workerOptions = {}) {
      const logger = pino({ level: 'silent' })
      const worker = await startWorker({
        client,
        redisUrl,
        model,
        logger,
        encoder: ownEncoder,
        ...workerOptions,
      })
      onTestFinished(() => worker.close())
      return worker
    },
    documents: () => allDocuments(client, index),
  }
}

async function allDocuments(client: Client, index: string): Promise<Map<string, Record<string, unknown>>> {
  await client.indices.refresh({ index })
  const reply = await client.search({ index, body: { size: 10_000, query: { match_all: {} } } })
  return new Map(
    reply.body.hits.hits.map((hit) => [String(hit._id), hit._source as Record<string, unknown>] as const),
  )
}

/** Every document must be ready, stamped for its present text, with exactly the vector that this text has. */
export async function expectAllReady(
  fixture: Pick<WorkerFixture, 'model' | 'specification'>,
  documents: StoredDocuments,
  encoder: Encoder,
  tolerance = 1e-4,
): Promise<void> {
  expect(states(documents)).toEqual({ ready: documents.size })
  expect(await wrongVectors(fixture, documents, encoder, tolerance)).toEqual([])
}
