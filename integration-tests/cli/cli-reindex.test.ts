import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Client } from '@opensearch-project/opensearch'
import { expect, inject, onTestFinished, test } from 'vitest'
import { STATE_INDEX } from '../../workers/reindex/run/state.ts'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'

const TEXTS = [
  'The heart pumps blood through the body.',
  'A stock market fell after the news of higher interest rates.',
  'Green tea is made from leaves that are not oxidised.',
  'Rain is expected in the north, with wind from the sea.',
  'The old bridge over the river was built of stone.',
  'Small birds leave the island when autumn comes.',
]

async function foreignIndex(client: Client, subject: string, count: number): Promise<string> {
  const index = uniqueName(subject)
  onTestFinished(async () => {
    await removeIndices(client, index, `${index}-v2`)
    for (const id of [`in_place:${index}`, `beside:${index}-v2`]) {
      await client.delete({ index: STATE_INDEX, id }, { ignore: [404] })
    }
  })
  await client.indices.create({
    index,
    body: { mappings: { properties: { body: { type: 'text' }, price: { type: 'float' } } } },
  })
  const lines = Array.from({ length: count }, (_, at) => [
    { index: { _id: `${at}` } },
    { body: `${TEXTS[at % TEXTS.length]} Number ${at}.`, price: at },
  ]).flat()
  await client.bulk({ index, body: lines as never, refresh: true })
  return index
}

test('an existing index: measured, filled in place, paused and resumed, then moved, gated and rolled back', {
  timeout: 240_000,
}, async () => {
  const client = testClient(inject('opensearchUrl'))
  const index = await foreignIndex(client, 'cli-reindex', 120)
  const flags = ['--index', index, '--fields', 'body']

  const dry = await lexpandJson(['reindex', ...flags, '--dry-run'])
  expect(dry).toMatchObject({ code: 0, result: { documents: 120, sample: 120 } })
  expect(dry.result.docs_per_second).toBeGreaterThan(0)
  expect(dry.result.hours).toBeCloseTo(120 / dry.result.docs_per_second / 3_600, 4)
  const untouched = await client.indices.getMapping({ index })
  expect(Object.keys(untouched.body[index]?.mappings.properties ?? {})).toEqual(['body', 'price'])

  // No worker encodes, so the command queues, waits, and is paused.
  const paused = await lexpandJson(['reindex', ...flags, '--no-encode'], {
    onStarted: (child) => void whenQueued(client, index).then(() => child.kill('SIGINT')),
  })
  expect(paused).toMatchObject({
    code: 1,
    result: { runs: [{ kind: 'in_place', phase: 'copying', copied: 120 }] },
  })
  const status = await lexpandJson(['reindex', '--index', index, '--status'])
  expect(status.result.runs).toHaveLength(1)
  const done = await lexpandJson(['reindex', ...flags])
  expect(done).toMatchObject({ code: 0, result: { phase: 'done', documents: 120, ready: 120, pending: 0 } })

  const besides = ['reindex', '--index', index, '--to', `${index}-v2`]
  const plain = await lexpand([...besides, '--pruning', 'top_k:40'])
  expect(plain.code).toBe(1)
  expect(plain.stderr).toMatch(/cannot be renamed.*--alias/s)
  const strict = [...besides, '--pruning', 'top_k:2', '--min-overlap', '1']
  const refused = await lexpand([...strict, '--alias', `${index}-live`])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/to agree by at least 1 \(--min-overlap\), got 0\.\d+\. The alias stays/)
  expect(Object.keys((await client.indices.getAlias({ name: `${index}-live` })).body)).toEqual([index])
  const other = await lexpand([...besides, '--pruning', 'top_k:40'])
  expect(other.stderr).toMatch(/expected the fingerprint \w+ with which .* was begun, got \w+/)
  await client.indices.delete({ index: `${index}-v2` })

  const live = ['reindex', '--index', `${index}-live`]
  const moved = await lexpandJson([...live, '--to', `${index}-v2`, '--pruning', 'top_k:40'])
  expect(moved).toMatchObject({
    code: 0,
    result: { phase: 'done', documents: 120, ready: 120, failed: 0, gate: { queries: 50 } },
  })
  expect(moved.result.gate.overlap_at_10).toBeGreaterThanOrEqual(0.5)
  const found = await lexpandJson(['search', 'green tea leaves', '--index', `${index}-live`])
  expect(found.result.hits[0].source.body).toContain('Green tea')

  await client.index({ index: `${index}-live`, id: 'new', body: { body: 'A letter', price: 1 } })
  await client.delete({ index: `${index}-live`, id: '7' })
  const back = await lexpandJson([...live, '--rollback'])
  expect(back).toMatchObject({ code: 0, result: { phase: 'rolled_back', documents: 120, pending: 1 } })
  expect(Object.keys((await client.indices.getAlias({ name: `${index}-live` })).body)).toEqual([index])
  expect((await client.exists({ index, id: 'new' })).statusCode).toBe(200)
  expect((await client.exists({ index, id: '7' })).statusCode).toBe(404)
  const nothing = await lexpand([...live, '--rollback'])
  expect(nothing.stderr).toContain('expected a finished migration')
})

test('wrong usage is exit 2, and what cannot be reindexed is named', async () => {
  const client = testClient(inject('opensearchUrl'))
  const index = await foreignIndex(client, 'cli-reindex-usage', 1)
  expect(await lexpand(['reindex', '--index', index, '--status', '--rollback'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('got several'),
  })
  expect(await lexpand(['reindex', '--index', index])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--fields'),
  })
  expect(await lexpand(['reindex', '--index', index, '--fields', 'body', '--alias', 'a'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('expected --to NAME'),
  })
  const file = join(await mkdtemp(join(tmpdir(), 'lexpand-test-')), 'mapping.json')
  onTestFinished(() => rm(dirname(file), { recursive: true }))
  await writeFile(file, '{"mapping":{}}')
  const besides = ['reindex', '--index', index, '--to', `${index}-v2`, '--fields', 'body']
  expect(await lexpand([...besides, '--mapping-file', file])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/"mappings": .*got: .*mapping/s),
  })
  await client.indices.close({ index })
  const closed = await lexpand([...besides, '--alias', `${index}-live`])
  expect(closed.stderr).toMatch(/closed index/)
})

async function whenQueued(client: Client, index: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const reply = await client
      .get({ index: STATE_INDEX, id: `in_place:${index}` }, { ignore: [404] })
      .catch(() => undefined)
    if (reply?.body._source?.copied === 120) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
