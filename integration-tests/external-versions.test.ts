import type { API, Client } from '@opensearch-project/opensearch'
import { expect, inject, onTestFinished, test } from 'vitest'
import { forget, reindex, setUp } from '../indices/index.ts'
import { seededRandom } from '../quality/seeded-random.ts'
import { numberOf } from '../sparse/exact-json.ts'
import { replayLetters } from '../workers/dead-letters/dead-letter-replay.ts'
import { readRaw } from '../workers/documents/raw-documents.ts'
import { audit, enqueue, openQueue, sweep } from '../workers/index.ts'
import { removeRun } from './fixtures/reindex-fixture.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

/** Beyond what JavaScript holds exactly, as nanoseconds since 1970 are. */
const FIRST_VERSION = 1_700_000_000_000_000_001n

interface Change {
  readonly id: string
  readonly version: bigint
  /** Undefined deletes. */
  readonly text: string | undefined
}

test('growing versions of several writers are all taken while vectors are written, and none of their changes is lost', async () => {
  const fixture = await externalIndex('external')
  const { client, index, queue } = fixture
  const worker = await fixture.startWorker(fixture.encoder({ delayMs: 5 }))
  const writer = new Writer(client, index)
  let isWriting = true
  const sweeping = (async () => {
    while (isWriting) await sweep(client, queue, index)
  })()
  await Promise.all([0, 1, 2, 3].map((seed) => writer.run(seed, 120)))
  isWriting = false
  await sweeping
  await settle(fixture)

  expect(writer.refused).toEqual([])
  const present = [...writer.newest].filter(([, { text }]) => text !== undefined)
  const documents = await fixture.documents()
  expect([...documents.keys()].sort()).toEqual(present.map(([id]) => id).sort())
  const names = present.map(([id]) => ({ id }))
  const raw = await readRaw(client, { index, part: 'test' }, names)
  for (const [at, [, change]] of present.entries()) {
    const document = raw.documents[at]
    expect(JSON.stringify(document?.version)).toBe(String(change.version))
    expect(document?.source.text).toBe(change.text)
    expect(JSON.stringify(document?.source.number)).toBe('9007199254740993')
  }
  await expectAllReady(fixture, documents, fixture.encoder())
  expect(await audit(client, index, { graceSeconds: 0 })).toMatchObject({
    documents: present.length,
    problems: 0,
  })
  // Vectors were really written in between, over documents that then got newer versions.
  expect(worker.stats.ready).toBeGreaterThan(present.length)
})

test('a deletion that overtakes a vector stays', async () => {
  const fixture = await externalIndex('external-deleted')
  const { client, index } = fixture
  const writer = new Writer(client, index)
  await writer.write({ id: 'd', version: FIRST_VERSION, text: 'rain' })
  let isDeleted = false
  const inner = fixture.encoder()
  await fixture.startWorker({
    async encode(batch) {
      if (!isDeleted) await writer.write({ id: 'd', version: FIRST_VERSION + 1n, text: undefined })
      isDeleted = true
      return inner.encode(batch)
    },
    dispose: () => inner.dispose(),
  })
  await settle(fixture)
  expect(isDeleted).toBe(true)
  expect((await fixture.documents()).size).toBe(0)
})

test('documents that fail and are replayed keep their versions, too', async () => {
  const fixture = await externalIndex('external-failed')
  const { client, index, queue } = fixture
  const writer = new Writer(client, index)
  await writer.write({ id: 'd', version: FIRST_VERSION, text: 'rain rain rain rain rain' })
  await writer.write({ id: 'e', version: FIRST_VERSION, text: 'rain' })
  let isBroken = true
  await fixture.startWorker(fixture.encoder({ poison: ({ inputIds }) => isBroken && inputIds.length > 5 }))
  await settle(fixture)
  expect((await fixture.documents()).get('d')).toMatchObject({ lexpand: { state: 'failed' } })
  isBroken = false
  await replayLetters({ client, queueOf: async () => queue }, { index })
  await queue.idle()
  await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  await writer.write({ id: 'd', version: FIRST_VERSION + 1n, text: 'snow' })
  expect(writer.refused).toEqual([])
})

test('a new index has the versions of the old one, and forget leaves them', async () => {
  const fixture = await externalIndex('external-moved')
  const { client, index, model, redis } = fixture
  const queue = await openQueue({ redis, model })
  onTestFinished(() => queue.close())
  const writer = new Writer(client, index)
  await writer.run(7, 40)
  await fixture.startWorker()
  await settle(fixture)
  const to = `${index}-v2`
  onTestFinished(() => removeRun(index, to))
  await reindex({
    client,
    queue,
    from: index,
    to,
    alias: `${index}-live`,
    pruning: { type: 'top_k', k: 6 },
    gate: { minOverlap: 0 },
  })
  const names = (await versionsOf(fixture, index)).map(([id]) => ({ id }))
  expect(names.length).toBeGreaterThan(5)
  expect(await versionsOf(fixture, to)).toEqual(await versionsOf(fixture, index))
  const moved = new Writer(client, `${index}-live`, writer)
  await moved.run(8, 20)
  expect(moved.refused).toEqual([])

  const before = await versionsOf(fixture, to)
  await forget(client, to)
  expect(await versionsOf(fixture, to)).toEqual(before)
  const { documents } = await readRaw(client, { index: to, part: 'test' }, [{ id: before[0]?.[0] ?? '' }])
  expect(Object.keys(documents[0]?.source ?? {}).sort()).toEqual(['number', 'text'])
})

test('pushed documents bring their versions: newer ones are stored, older ones are not, one without is refused', async () => {
  const fixture = await externalIndex('external-pushed')
  const { client, index, queue, specification } = fixture
  const push = (text: string, version?: string) =>
    enqueue({ client, queue, index, specification: { ...specification, versioning: 'external' } }, [
      { id: 'd', source: { text }, version },
    ])
  expect(await push('rain', String(FIRST_VERSION))).toMatchObject({ indexed: 1, failed: 0 })
  expect(await push('old rain', String(FIRST_VERSION - 1n))).toMatchObject({ unchanged: 1, failed: 0 })
  expect(await push('snow', String(FIRST_VERSION + 1n))).toMatchObject({ indexed: 1, failed: 0 })
  const report = await push('hail')
  expect(report.errors[0]?.reason).toContain(
    'expected a version, since the index has external ones, got none',
  )
  await fixture.startWorker()
  await settle(fixture)
  // The same text in a newer version is not taken for the same document.
  expect(await push('snow', String(FIRST_VERSION + 5n))).toMatchObject({ indexed: 1, kept: 1 })
  expect(await versionsOf(fixture, index)).toEqual([['d', String(FIRST_VERSION + 5n)]])
  await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
})

test('set-up refuses an index whose clients number versions unless it is told so, and what that does not go with', async () => {
  const client = testClient(inject('opensearchUrl'))
  const { model, index: other } = await workerFixture('external-refused')
  const index = uniqueName('external-refused')
  onTestFinished(() => removeIndices(client, index, `${index}-lossy`))
  await client.indices.create({
    index,
    body: { mappings: { properties: { text: { type: 'text' } } } },
  })
  await new Writer(client, index).write({ id: 'd', version: FIRST_VERSION, text: 'rain' })
  await client.indices.refresh({ index })
  await expect(setUp(client, model, index, { fields: ['text'] })).rejects.toThrow(
    /expected versions numbered by the engine in .*, got version 17000000000000000.*--versioning external/,
  )
  await setUp(client, model, index, { fields: ['text'], versioning: 'external' })
  // Once said, it stays.
  const again = await setUp(client, model, index, { fields: ['text'] })
  expect(again.specification.versioning).toBe('external')
  const plain = await setUp(client, model, other, { fields: ['text'], versioning: 'external' })
  expect(plain.specification.versioning).toBe('external')
  const back = await setUp(client, model, other, { fields: ['text'], versioning: 'internal' })
  expect(back.specification.versioning).toBeUndefined()

  await client.indices.create({
    index: `${index}-lossy`,
    body: {
      mappings: { _source: { excludes: ['secret'] }, properties: { text: { type: 'text' } } },
    },
  })
  const lossy = setUp(client, model, `${index}-lossy`, { fields: ['text'], versioning: 'external' })
  await expect(lossy).rejects.toThrow('expected _source to keep every field')
})

async function externalIndex(subject: string): Promise<WorkerFixture> {
  const fixture = await workerFixture(subject, { settings: { number_of_shards: 2 } })
  const { client, model, index } = fixture
  await setUp(client, model, index, { fields: ['text'], versioning: 'external' })
  return fixture
}

async function settle({ client, queue, index }: WorkerFixture): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await sweep(client, queue, index)
    await queue.idle()
  }
}

async function versionsOf({ client }: WorkerFixture, index: string): Promise<[string, string][]> {
  await client.indices.refresh({ index })
  const { body } = await client.search({
    index,
    body: { size: 1_000, sort: ['_id'], _source: false } as never,
  })
  const ids = body.hits.hits.map(({ _id = '' }) => ({ id: _id }))
  const { documents } = await readRaw(client, { index, part: 'test' }, ids)
  return ids.map(({ id }, at) => [id, JSON.stringify(documents[at]?.version)])
}

const WORDS = 'rain car bread moon bird music tea paris river stone green old quick paper cloud sun'.split(
  ' ',
)

/** Clients as Kafka Connect's sink is: each change has a number of its own, and a document's numbers grow. */
class Writer {
  readonly newest: Map<string, Change>
  /** Changes that were refused though no newer one had been sent. */
  readonly refused: string[] = []
  readonly #client: Client
  readonly #index: string
  #next: bigint

  constructor(client: Client, index: string, before?: Writer) {
    this.#client = client
    this.#index = index
    this.newest = new Map(before?.newest)
    this.#next = before === undefined ? FIRST_VERSION : FIRST_VERSION + 1_000_000n
  }

  async run(seed: number, requests: number): Promise<void> {
    const random = seededRandom(seed)
    for (let request = 0; request < requests; request++) {
      const ids = new Set(Array.from({ length: 5 }, () => `d${Math.floor(random() * 30)}`))
      const changes = [...ids].map((id): Change => {
        const text = Array.from({ length: 4 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')
        return { id, version: this.#next++, text: random() < 0.1 ? undefined : text }
      })
      await this.#send(changes)
    }
  }

  async write(change: Change): Promise<void> {
    await this.#send([change])
  }

  async #send(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.newest.set(change.id, change)
    const lines = changes.flatMap(({ id, version, text }) => {
      const action = { _id: id, version: numberOf(String(version)), version_type: 'external' }
      if (text === undefined) return [JSON.stringify({ delete: action })]
      const source = { text, number: numberOf('9007199254740993') }
      return [JSON.stringify({ index: action }), JSON.stringify(source)]
    })
    const { body } = await this.#client.bulk({
      index: this.#index,
      body: lines as unknown as API.Bulk_RequestBody,
    })
    for (const [at, item] of body.items.entries()) {
      const answer = item.index ?? item.delete
      const change = changes[at] as Change
      const isNewest = this.newest.get(change.id) === change
      if (answer?.status === 409 && isNewest) this.refused.push(`${change.id}: ${answer.error?.reason}`)
      else if (answer?.error != null && answer.status !== 409) throw new Error(JSON.stringify(answer))
    }
  }
}
