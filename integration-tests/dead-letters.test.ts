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
  type VerifiedLetter,
} from '../workers/index.ts'
import { lexpand, lexpandJson } from './run-cli.ts'
import { states } from './stored-vectors.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './worker-fixture.ts'

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

/** From now on every write of a document with two parts is refused, whatever it changes. */
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

    // Ten of each kind; a document that takes no write at all cannot be marked, only have its letter.
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

    // Nothing is better yet: what was tried again fails again, and says that it was the second time.
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
