import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { until } from '../fixtures/until.ts'

const index = uniqueName('cli')
const later = uniqueName('cli-later')
const stopped = uniqueName('cli-stopped')
const client = testClient(inject('opensearchUrl'))
let folder = ''
let file = ''

const LINES = [
  '{"_id":"1","title":"Cardiology","text":"Aspirin lowers the risk of a second heart attack.","year":1999}',
  '{"_id":"2","title":"Gardening","text":"Roses need pruning in early spring.","year":2005}',
  '{"_id":"3","title":"","text":"The physician prescribed medication for the infarction.","year":2010}',
  '{"_id":"4","title":5,"text":"A number where text is expected."}',
  '{"_id":"5","title":"","text":""}',
  '{"_id":"6","title":"Weather","text":"Currently New York is rainy.","__proto__":{"x":1}}',
  '{"_id":"7","title":',
  '{"_id":"8","title":"Twice","text":"The first version."}',
  '{"_id":"8","title":"Twice","text":"The last version wins."}',
]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-cli-'))
  file = join(folder, 'small.jsonl')
  writeFileSync(file, `${LINES.join('\n')}\n`)
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await removeIndices(client, index, later, stopped)
})

describe('lexpand index', () => {
  test('names what cannot be indexed, encodes the rest, and exits 1', async () => {
    const { code, result, stderr } = await lexpandJson(['index', file, '--index', index])
    expect(stderr).toContain('Text fields: title, text')
    expect(code).toBe(1)
    expect(result).toMatchObject({ read: 9, indexed: 5, skipped: 1, failed: 2, duplicates: 1, pending: 0 })
    expect(result.errors).toEqual([
      { position: 'small.jsonl line 7', reason: expect.stringContaining('malformed JSON') },
      expect.objectContaining({
        id: '4',
        position: 'small.jsonl line 4',
        reason: expect.stringContaining('number'),
      }),
    ])
    const stored = await client.get({ index, id: '8' })
    expect(stored.body._source).toMatchObject({ text: 'The last version wins.', lexpand: { state: 'ready' } })
  })

  test('skips what is there unchanged', async () => {
    const { result } = await lexpandJson(['index', file, '--index', index])
    // Only the last version of the document that comes twice counts, and the index already has it.
    expect(result).toMatchObject({ read: 9, unchanged: 6, skipped: 6, indexed: 0, failed: 2, duplicates: 1 })
  })

  test('a good file exits 0, from standard input, too', async () => {
    const { code, result } = await lexpandJson(['index', '-', '--index', index, '--format', 'csv'], {
      input: 'id,title,text\n20,Piano,"A concert, with strings"\n',
    })
    expect(code).toBe(0)
    expect(result).toMatchObject({ read: 1, indexed: 1, failed: 0 })
  })

  test('--no-wait leaves the documents to a worker, which SIGTERM stops in order', async () => {
    const { code, result } = await lexpandJson(['index', file, '--index', later, '--no-wait'])
    expect(code).toBe(1)
    expect(result).toMatchObject({ indexed: 5, pending: 5 })
    const worker = await lexpandJson(['worker'], {
      onStarted: async (child) => {
        await untilCovered(later)
        child.kill('SIGTERM')
      },
    })
    expect(worker.code).toBe(0)
    expect(worker.result.ready).toBeGreaterThanOrEqual(5)
  })

  test('stopped in the middle it exits 1 and a second run finishes', async () => {
    const many = join(folder, 'many.jsonl')
    const documents = Array.from(
      { length: 300 },
      (_, n) => `{"_id":"${n}","text":"Document ${n} about rivers."}`,
    )
    writeFileSync(many, documents.join('\n'))
    const first = await lexpandJson(['index', many, '--index', stopped], {
      onStarted: async (child) => {
        await untilThere(stopped)
        child.kill('SIGTERM')
      },
    })
    expect(first.code).toBe(1)
    expect(first.result.interrupted).toBe(true)
    const second = await lexpandJson(['index', many, '--index', stopped])
    expect(second.code).toBe(0)
    expect(second.result).toMatchObject({ read: 300, failed: 0, pending: 0 })
    const { body } = await client.count({
      index: stopped,
      body: { query: { term: { 'lexpand.state': { value: 'ready' } } } },
    })
    expect(body.count).toBe(300)
  })
})

describe('lexpand search', () => {
  test('finds by meaning in sparse mode and explains it', async () => {
    const { code, result } = await lexpandJson([
      'search',
      'medicine',
      '--index',
      index,
      '--mode',
      'sparse',
      '--explain',
    ])
    expect(code).toBe(0)
    expect(result.hits[0]).toMatchObject({ id: '3', source: { year: 2010 } })
    expect(result.hits[0].explanation[0]).toMatchObject({ token: 'medicine', expansion: true })
    expect(result.took_ms).toBeGreaterThan(0)
  })

  test.each(['sparse', 'bm25', 'hybrid'])('%s mode finds the words themselves', async (mode) => {
    const { result } = await lexpandJson([
      'search',
      'heart attack',
      '--index',
      index,
      '--mode',
      mode,
      '--size',
      '1',
    ])
    expect(result).toMatchObject({ mode, hits: [{ id: '1' }] })
  })

  test('filters, pages and highlights', async () => {
    const filter = JSON.stringify({ range: { year: { gte: 2000 } } })
    const { result } = await lexpandJson([
      'search',
      'heart medication',
      '--index',
      index,
      '--filter',
      filter,
      '--highlight',
    ])
    expect(result.hits.map(({ id }: { id: string }) => id)).not.toContain('1')
    expect(result.hits[0].highlights[0]).toContain('<em>medication</em>')
    const next = await lexpandJson([
      'search',
      'heart medication',
      '--index',
      index,
      '--from',
      '1',
      '--size',
      '1',
    ])
    expect(next.result.hits).toHaveLength(1)
  })

  test('sorts, counts, facets, pages and narrows the fields', async () => {
    const flags = ['--index', index, '--sort', 'year:desc', '--facet', 'year', '--total', '--fields', 'year']
    const words = 'heart attack medication roses'
    const { result } = await lexpandJson(['search', words, ...flags])
    expect(result.total).toBe(result.hits.length)
    const years = result.hits.map(({ source }: { source: { year?: number } }) => source.year ?? 0)
    expect(years).toEqual(years.toSorted((a: number, b: number) => b - a))
    expect(Object.keys(result.hits[0].source)).toEqual(['year'])
    const keys = result.aggregations.year.buckets.map(({ key }: { key: number }) => key)
    expect(keys.toSorted()).toEqual([1999, 2005, 2010])
    const second = await lexpandJson(['search', words, ...flags, '--size', '2', '--page', '2'])
    expect(second.result.hits.map(({ id }: { id: string }) => id)).toEqual(
      result.hits.slice(2, 4).map(({ id }: { id: string }) => id),
    )
    const text = await lexpandJson(['search', 'roses', '--index', index, '--facet', 'text'])
    expect(text).toMatchObject({ code: 1, result: { error: { code: 'QUERY' } } })
  })

  test('says 1 hit, and understands phrases, exclusions and earlier questions', async () => {
    const one = await lexpand(['search', '"heart attack" -roses', '--index', index])
    expect(one.stdout).toMatch(/^1 hit by hybrid in /)
    const { result } = await lexpandJson([
      'search',
      'how',
      '--history',
      'roses',
      '--index',
      index,
      '--size',
      '1',
    ])
    expect(result.hits[0].id).toBe('2')
  })

  test('prints for people what it prints for machines', async () => {
    const { code, stdout } = await lexpand(['search', 'medicine', '--index', index, '--explain'])
    expect(code).toBe(0)
    expect(stdout).toContain('The physician prescribed')
    expect(stdout).toContain('medicine*')
  })
})

async function untilCovered(name: string): Promise<void> {
  await until(async () => {
    const { body } = await client.count({
      index: name,
      body: { query: { term: { 'lexpand.state': { value: 'ready' } } } },
    })
    return body.count === 5
  })
}

/** A new index answers 404 before it exists and 503 before its shard does. */
async function untilThere(name: string): Promise<void> {
  await until(async () => {
    const { body, statusCode } = await client.count({ index: name }, { ignore: [404, 503] })
    return statusCode === 200 && body.count > 0
  })
}
