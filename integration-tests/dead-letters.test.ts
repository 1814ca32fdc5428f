import type { Client } from '@opensearch-project/opensearch'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Encoder } from '../sparse/index.ts'
import {
  DEAD_LETTERS,
  enqueue,
  type LetterFilter,
  replayLetters,
  type SourceDocument,
  standingLetters,
  sweep,
  type VerifiedLetter,
} from '../workers/index.ts'
import { lexpand, lexpandJson } from './fixtures/run-cli.ts'
import { states } from './fixtures/stored-vectors.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

const MAX_TEXT_BYTES = 2_000

async function lettersOf(client: Client, filter: LetterFilter): Promise<VerifiedLetter[]> {
  const letters: VerifiedLetter[] = []
  for await (const page of standingLetters(client, filter)) letters.push(...page)
  return letters
}

/** Letters of a test go with it, since all tests share their index. */
async function deadLetterFixture(subject: string, ...options: Parameters<typeof workerFixture>[1][]) {
  const fixture = await workerFixture(subject, ...options)
  onTestFinished(async () => {
    await fixture.client.deleteByQuery(
      { index: DEAD_LETTERS, refresh: true, body: { query: { term: { index: { value: fixture.index } } } } },
      { ignore: [404] },
    )
  })
  return fixture
}

/** Fails on texts with the word "poison" while `isBroken`, and counts the windows that it encodes. */
function encoderOf(fixture: WorkerFixture) {
  const poisonId = fixture.model.tokenizer.idOf('poison') as number
  const working = fixture.encoder()
  const encoder = {
    isBroken: true,
    encoded: 0,
    async encode(batch: Parameters<Encoder['encode']>[0]) {
      if (encoder.isBroken && batch.some(({ inputIds }) => inputIds.includes(poisonId)))
        throw new Error('the graph has no such node')
      encoder.encoded += batch.filter(({ inputIds }) => inputIds.length > 2).length
      return working.encode(batch)
    },
    dispose: () => working.dispose(),
  }
  return encoder
}

async function replay(fixture: WorkerFixture, filter: LetterFilter = { index: fixture.index }) {
  const queueOf = async () => fixture.queue
  return replayLetters({ client: fixture.client, queueOf }, filter)
}

/** Makes the engine refuse every later write of a document with two parts, whatever it changes. */
async function limitParts(fixture: WorkerFixture, limit: number): Promise<void> {
  await fixture.client.indices.putSettings({
    index: fixture.index,
    body: { 'index.mapping.nested_objects.limit': limit } as never,
  })
}

describe('five per cent of poison', () => {
  test('lands in the dead letters with the right class, all others are ready, and a replay after the fix empties them', {
    timeout: 240_000,
  }, async () => {
    const fixture = await deadLetterFixture('poison-run')
    const { client, index } = fixture
    await client.indices.putMapping({ index, body: { properties: { parts: { type: 'nested' } } } })
    const poison = { encoder: new Set<string>(), mapper: new Set<string>(), limit: new Set<string>() }
    const documents: SourceDocument[] = Array.from({ length: 600 }, (_, at) => {
      const id = `d${at}`
      const good = { id, source: { text: `note ${at} about the weather`, parts: [{ a: 1 }] } }
      if (at % 20 !== 7) return good
      const kind = (['encoder', 'mapper', 'limit'] as const)[Math.floor(at / 20) % 3] ?? 'limit'
      poison[kind].add(id)
      if (kind === 'encoder') return { id, source: { text: `a secret poison ${at}` } }
      if (kind === 'mapper') return { id, source: { text: `many parts ${at}`, parts: [{ a: 1 }, { a: 2 }] } }
      return { id, source: { text: `too long ${at} `.repeat(300) } }
    })
    await enqueue(fixture, documents)
    await limitParts(fixture, 1)
    const encoder = encoderOf(fixture)
    const options = { maxTextBytes: MAX_TEXT_BYTES }
    const worker = await fixture.startWorker(encoder, options)
    await fixture.queue.idle()

    // Ten documents of each kind; one that takes no write at all cannot be marked and only has its letter.
    expect(states(await fixture.documents())).toEqual({ ready: 570, failed: 20, pending: 10 })
    expect(worker.stats).toMatchObject({ ready: 570, failed: 30, failedJobs: 0 })
    expect(encoder.encoded).toBe(580)
    const letters = await lettersOf(client, { index })
    for (const [kind, ids] of Object.entries(poison)) {
      const found = letters
        .filter(({ letter }) => letter.reason_class === kind)
        .map(({ letter }) => letter.id)
      expect(new Set(found)).toEqual(ids)
    }
    expect(JSON.stringify(letters)).not.toMatch(/secret|weather|many parts/)

    const listed = await lexpand(['dead', 'list', '--index', index, '--reason', 'mapper', '--json'])
    const rows = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(10)
    expect(rows[0]).toMatchObject({
      attempts: 1,
      state_refused: true,
      reason: expect.stringContaining('nested_objects.limit'),
    })
    const counts = await lexpandJson(['dead', 'list', '--index', index, '--counts'])
    expect(counts.result).toEqual({
      documents: 30,
      by_reason: { encoder: 10, mapper: 10, limit: 10 },
      by_index: { [index]: 30 },
    })

    // A document that takes no write stays pending, but sweeps neither queue it again nor count it as late.
    expect(await sweep(client, fixture.queue, index)).toMatchObject({
      found: 0,
      jobs: 0,
      oldestPendingSeconds: 0,
    })

    // The cause still exists: the replayed documents fail again, with a second attempt.
    const early = await replay(fixture)
    expect(early).toMatchObject({ found: 30, replayed: 20, refused: 10 })
    expect(early.refusals[0]?.reason).toContain('nested_objects.limit')
    await fixture.queue.idle()
    const again = await lettersOf(client, { index, reason: 'encoder' })
    expect(again.map(({ letter }) => letter.attempts)).toEqual(Array(10).fill(2))

    encoder.isBroken = false
    await limitParts(fixture, 10_000)
    await worker.close()
    const fixed = await fixture.startWorker(fixture.encoder())
    const dry = await lexpandJson(['dead', 'replay', '--index', index, '--dry-run'])
    expect(dry.result).toMatchObject({ found: 30, replayed: 30, dry_run: true })
    expect(await fixture.queue.jobs.getJobCountByTypes('wait', 'active', 'delayed')).toBe(0)
    expect(await replay(fixture)).toMatchObject({ found: 30, replayed: 30, refused: 0 })
    await fixture.queue.idle()
    expect(fixed.stats).toMatchObject({ ready: 30, failed: 0 })
    expect(await lettersOf(client, { index })).toEqual([])
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
  })
})

/** One document that the encoder fails on and one of a wrong type, both failed. */
async function twoFailed(subject: string) {
  const fixture = await deadLetterFixture(subject)
  const encoder = encoderOf(fixture)
  await fixture.client.index({ index: fixture.index, id: 'number', body: { text: 7 } })
  await enqueue(fixture, [{ id: 'bad', source: { text: 'a cup of poison' } }])
  await sweep(fixture.client, fixture.queue, fixture.index)
  const worker = await fixture.startWorker(encoder)
  await fixture.queue.idle()
  expect(states(await fixture.documents())).toEqual({ failed: 2 })
  return { ...fixture, failing: encoder, worker }
}

describe('an entry never stands for a document that was loaded (Data Prepper 4304)', () => {
  test('it goes when the document gets a text that can be encoded, or is deleted and written anew', async () => {
    const fixture = await twoFailed('corrected')
    const { client, index } = fixture
    await client.index({ index, id: 'bad', body: { text: 'a cup of tea' } })
    await client.delete({ index, id: 'number' })
    await enqueue(fixture, [{ id: 'number', source: { text: 'seven' } }])
    await sweep(client, fixture.queue, index)
    await fixture.queue.idle()
    await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
    expect(await storedLetters(client, index)).toBe(0)
  })

  test('listing removes one whose document was deleted or given another vector by somebody else', async () => {
    const { client, index, worker } = await twoFailed('elsewhere')
    await worker.close()
    await client.delete({ index, id: 'number' })
    await client.bulk({
      pipeline: '_none',
      body: [
        { index: { _index: index, _id: 'bad' } },
        { text: 'new', lexpand: { state: 'ready', text_hash: 'another', fingerprint: 'f' } },
      ],
    })
    expect(await storedLetters(client, index)).toBe(2)
    const listed = await lexpand(['dead', 'list', '--index', index])
    expect(listed).toMatchObject({ code: 0, stdout: 'No dead letters.\n' })
    expect(await storedLetters(client, index)).toBe(0)
  })
})

describe('dead letters on the command line', () => {
  test('are listed with their causes, replayed by class, and dropped only by name', {
    timeout: 240_000,
  }, async () => {
    const { client, index, queue, failing, documents } = await twoFailed('cli-dead')
    await client.indices.putAlias({ index, name: `${index}-alias` })
    const listed = await lexpand(['dead', 'list', '--index', `${index}-alias`])
    expect(listed.stdout).toMatch(/encoder .*\/bad .*the graph has no such node/)
    expect(listed.stdout).toMatch(/text .*\/number .*got number/)
    expect(listed.stdout).toContain('2 documents (2 shown)')
    const newer = await lexpandJson(['dead', 'list', '--index', index, '--older-than', '1h', '--counts'])
    expect(newer.result.documents).toBe(0)

    failing.isBroken = false
    const replayed = await lexpandJson([
      'dead',
      'replay',
      '--index',
      index,
      '--reason',
      'encoder',
      '--newer-than',
      '1h',
    ])
    expect(replayed).toMatchObject({
      code: 0,
      result: { found: 1, replayed: 1, gone: 0, changed: 0, refused: 0 },
    })
    await queue.idle()
    expect(states(await documents())).toEqual({ ready: 1, failed: 1 })

    expect(await lexpand(['dead', 'drop'])).toMatchObject({ code: 2 })
    const filter = ['dead', 'drop', '--index', index, '--id', 'number']
    expect((await lexpandJson([...filter, '--dry-run'])).result).toEqual({
      found: 1,
      dropped: 0,
      dry_run: true,
    })
    expect((await lexpandJson(filter)).result).toEqual({ found: 1, dropped: 1, dry_run: false })
    expect(await storedLetters(client, index)).toBe(0)
  })

  test('a document that changed or went since it failed is not replayed', async () => {
    const fixture = await twoFailed('replay-changed')
    const { client, index, worker } = fixture
    await worker.close()
    await client.index({ index, id: 'bad', body: { text: 'a cup of tea' } })
    await client.delete({ index, id: 'number' })
    expect(await replay(fixture)).toMatchObject({ found: 2, replayed: 0, gone: 1, changed: 1 })
    expect(await storedLetters(client, index)).toBe(0)
  })
})

describe('while entries cannot be stored', () => {
  test('the good documents of a job become ready, the bad one waits unmarked', async () => {
    const fixture = await deadLetterFixture('no-store')
    const { client, queue } = fixture
    await twoFailed('make-store')
    const block = (write: boolean | null) =>
      client.indices.putSettings({ index: DEAD_LETTERS, body: { 'index.blocks.write': write } as never })
    onTestFinished(async () => void (await block(null)))
    await block(true)
    await enqueue(fixture, [
      { id: 'good', source: { text: 'tea' } },
      { id: 'bad', source: { text: 'poison' } },
    ])
    const worker = await fixture.startWorker(encoderOf(fixture))
    await until(() => worker.stats.postponed > 0)
    expect(states(await fixture.documents())).toEqual({ ready: 1, pending: 1 })
    await block(null)
    await queue.idle()
    expect(states(await fixture.documents())).toEqual({ ready: 1, failed: 1 })
    expect(worker.stats.failedJobs).toBe(0)
  })
})

/** Stored letters, including those that no longer apply. */
async function storedLetters(client: Client, index: string): Promise<number> {
  await client.indices.refresh({ index: DEAD_LETTERS })
  const reply = await client.count({
    index: DEAD_LETTERS,
    body: { query: { term: { index: { value: index } } } },
  })
  return reply.body.count
}
