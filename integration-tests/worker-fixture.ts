import { randomUUID } from 'node:crypto'
import type { Client } from '@opensearch-project/opensearch'
import { pino } from 'pino'
import { expect, inject, onTestFinished } from 'vitest'
import {
  documentText,
  type IndexSpecification,
  installIndex,
  resolveEncoding,
  type SpecificationOptions,
  specificationFor,
  textHash,
} from '../mappings/index.ts'
import { fingerprint, loadModel, type Model } from '../models/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import { type Encoder, expandTexts, toFeatures } from '../sparse/index.ts'
import type { FakeEncoderOptions } from '../workers/encoders/fake.ts'
import { type EncodeQueue, openQueue, type RunningWorker, startWorker } from '../workers/index.ts'
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
  startWorker(encoder?: Encoder, options?: { readonly closeTimeoutMs?: number }): Promise<RunningWorker>
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

export function testIndexSpecification(model: Model, fields: readonly string[]): IndexSpecification {
  const options = { fields }
  return specificationFor(model, options, fingerprint(model.identity, resolveEncoding(model, options)))
}

async function allDocuments(client: Client, index: string): Promise<Map<string, Record<string, unknown>>> {
  await client.indices.refresh({ index })
  const reply = await client.search({ index, body: { size: 10_000, query: { match_all: {} } } })
  return new Map(
    reply.body.hits.hits.map((hit) => [String(hit._id), hit._source as Record<string, unknown>] as const),
  )
}

/** Counts documents by their state. */
export function states(documents: ReadonlyMap<string, Record<string, unknown>>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const document of documents.values()) {
    const state = (document.lexpand as { state?: string } | undefined)?.state ?? 'none'
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

/** Every document must be ready, stamped for its present text, with exactly the vector that this text has. */
export async function expectAllReady(
  fixture: Pick<WorkerFixture, 'model' | 'specification'>,
  documents: ReadonlyMap<string, Record<string, unknown>>,
  encoder: Encoder,
  tolerance = 1e-4,
): Promise<void> {
  const { specification, model } = fixture
  const { fields, windowing, pruning } = specification
  expect(states(documents)).toEqual({ ready: documents.size })
  const all = [...documents]
  const texts = all.map(([, source]) => {
    const found = documentText(source, fields)
    return 'text' in found ? found.text : ''
  })
  const expected = await expandTexts(texts, {
    tokenizer: model.tokenizer,
    windowing,
    pruning,
    encoder,
    tokenBudget: 4_096,
  })
  const wrong: string[] = []
  for (const [at, [id, source]] of all.entries()) {
    const stamp = source.lexpand as { text_hash: string; fingerprint: string }
    const right = toFeatures((expected[at] as (typeof expected)[number]).vector, model.tokenizer)
    const stored = source[specification.sparse_field] as Record<string, number> | undefined
    const same =
      stored !== undefined &&
      stamp.text_hash === textHash(source, fields) &&
      stamp.fingerprint === specification.fingerprint &&
      differs(stored, right) <= tolerance
    if (!same) wrong.push(id)
  }
  expect(wrong).toEqual([])
}

/** Largest difference of a weight; a piece at the edge of pruning may be in one and not in the other. */
function differs(stored: Record<string, number>, right: ReadonlyMap<string, number>): number {
  const edge = 0.1 * Math.max(...right.values()) * 1.001
  let largest = 0
  for (const piece of new Set([...Object.keys(stored), ...right.keys()])) {
    const [a = 0, b = 0] = [Object.hasOwn(stored, piece) ? stored[piece] : 0, right.get(piece)]
    if ((a === 0 && b <= edge) || (b === 0 && a <= edge)) continue
    largest = Math.max(largest, Math.abs(a - b) / Math.max(1, b))
  }
  return largest
}
