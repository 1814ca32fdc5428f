import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { until } from '../fixtures/until.ts'

const client = testClient(inject('opensearchUrl'))
const products = uniqueName('cli-products')
const exact = uniqueName('cli-exact')
const typo = uniqueName('cli-typo')
const stopped = uniqueName('cli-interrupted')
const manual = uniqueName('cli-passages')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-documents-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await removeIndices(client, products, exact, typo, stopped, manual)
})

const write = (name: string, content: string | Uint8Array) => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

describe('CSV', () => {
  test('prices are numbers: a range finds them; empty cells are left out, the id is a keyword', async () => {
    const file = write(
      'products.csv',
      'id;name;price;published;sold\n1;Red shoes;9.90;2024-01-05;true\n2;Blue shoes;149;2024-02-01;False\n3;Green shoes;;;\n',
    )
    const { code, result, stderr } = await lexpandJson(['index', file, '--index', products, '--no-wait'])
    expect(stderr).toContain('Types: id keyword, price double, published date, sold boolean')
    expect(code).toBe(0)
    expect(result).toMatchObject({ read: 3, indexed: 3, queued: 3, encoded: 0 })
    await client.indices.refresh({ index: products })
    const found = await client.search({ index: products, body: { query: { range: { price: { lt: 50 } } } } })
    expect(found.body.hits.hits.map(({ _id }) => _id)).toEqual(['1'])
    const third = await client.get({ index: products, id: '3' })
    expect(Object.keys(third.body._source ?? {}).sort()).toEqual(['id', 'lexpand', 'name'])
    const { body } = await client.indices.getMapping({ index: products })
    expect(body[products]?.mappings?.properties).toMatchObject({
      id: { type: 'keyword' },
      price: { type: 'double' },
      published: { type: 'date' },
      sold: { type: 'boolean' },
    })
  })

  test('a value of another type is named with the next step, the rest is stored', async () => {
    const file = write('more.csv', 'id,name,price\n4,Hats,n/a\n5,Caps,7.5\n')
    const { code, result } = await lexpandJson(['index', file, '--index', products, '--no-wait'])
    expect(code).toBe(1)
    expect(result).toMatchObject({ indexed: 1, failed: 1 })
    expect(result.errors[0].reason).toContain(
      'got "n/a". Correct the value, or fill a new index with --types price:keyword',
    )
  })
})

test('digits beyond 2^53 come back from a search as they went in', async () => {
  const line = '{"_id":"1","text":"exact numbers","big":12345678901234567,"price":1.0}'
  const file = write('exact.jsonl.gz', gzipSync(line))
  expect((await lexpand(['index', file, '--index', exact])).code).toBe(0)
  const again = await lexpandJson(['index', file, '--index', exact])
  expect(again.result).toMatchObject({ unchanged: 1, indexed: 0 })
  const { stdout } = await lexpand(['search', 'numbers', '--index', exact, '--json'])
  expect(stdout).toContain('"big":12345678901234567,')
  // The only change is one that rounding would hide.
  const changed = write('exact2.jsonl', line.replace('12345678901234567', '12345678901234568'))
  expect((await lexpandJson(['index', changed, '--index', exact])).result).toMatchObject({
    unchanged: 0,
    kept: 1,
  })
})

test('documents that the model can hardly read are counted', async () => {
  const file = write(
    'languages.jsonl',
    '{"_id":"2","text":"医生在心脏病发作后给病人开了药"}\n{"_id":"3","text":"Rain."}',
  )
  const { code, stdout } = await lexpand(['index', file, '--index', exact])
  expect(code).toBe(0)
  expect(stdout).toContain('1 document is in a language or script that the model can hardly read')
})

test('misspelt fields are refused with the nearest names, and no index is made', async () => {
  const file = write('typo.jsonl', '{"_id":"1","title":"a","body":"b"}')
  const { code, stderr } = await lexpand(['index', file, '--index', typo, '--fields', 'titel,boddy'])
  expect(code).not.toBe(0)
  expect(stderr).toContain('Did you mean --fields title,body?')
  expect((await client.indices.exists({ index: typo })).body).toBe(false)
})

test('passages carry their document, and those of an earlier longer version go', async () => {
  const long = Array.from(
    { length: 5 },
    (_, n) => `Paragraph ${n} tells ${'something '.repeat(12)}about rivers.`,
  )
  const index = ['--index', manual, '--passages', '20', '--no-wait']
  const first = write('manual.jsonl', JSON.stringify({ _id: 'a', title: 'Rivers', text: long.join('\n\n') }))
  expect((await lexpandJson(['index', first, ...index])).result).toMatchObject({ indexed: 5 })
  const second = write(
    'manual.jsonl',
    JSON.stringify({ _id: 'a', title: 'Rivers', text: long.slice(0, 2).join('\n\n') }),
  )
  expect((await lexpandJson(['index', second, ...index])).code).toBe(0)
  await client.indices.refresh({ index: manual })
  const { body } = await client.search({
    index: manual,
    body: { query: { term: { parent_id: { value: 'a' } } } },
  })
  expect(body.hits.hits.map(({ _id }) => _id).sort()).toEqual(['a#1', 'a#2'])
  const search = ['search', 'rivers', '--index', manual, '--mode', 'bm25']
  expect((await lexpandJson(search)).result.hits).toHaveLength(2)
  const best = await lexpandJson([...search, '--collapse', 'parent_id'])
  expect(best.result.hits).toHaveLength(1)
  const text = await lexpandJson([...search, '--collapse', 'text'])
  expect(text.result.error.message).toContain('expected a field whose values can be counted, got text')
})

test('Ctrl-C ends within seconds without an internal error, and says how to go on', async () => {
  const text = 'A long text about rivers and mountains. '.repeat(300)
  const file = write(
    'many.jsonl',
    Array.from({ length: 400 }, (_, n) => JSON.stringify({ _id: String(n), text: `${n} ${text}` })).join(
      '\n',
    ),
  )
  let asked = 0
  const { code, stdout, stderr } = await lexpand(['index', file, '--index', stopped], {
    onStarted: async (child) => {
      await until(async () => {
        const reply = await client.count({ index: stopped }, { ignore: [404, 503] })
        return (reply.body.count ?? 0) > 0
      })
      asked = performance.now()
      child.kill('SIGINT')
    },
  })
  expect(performance.now() - asked).toBeLessThan(10_000)
  expect(code).toBe(1)
  expect(stderr).toContain('run the same command again, or lexpand worker')
  expect(stderr).not.toContain('disposed')
  expect(stdout).toMatch(/\d+ stored .* \d+ encoded here/)
})

test('other fields than those of the index are refused with what differs', async () => {
  // Set up above with the found field name: other fields are another encoding.
  const file = write('other.jsonl', '{"_id":"9","title":"x","name":"y"}')
  const { stderr } = await lexpand(['index', file, '--index', products, '--fields', 'title'])
  expect(stderr).toContain(`expected ${products} to be set up with fields title, got fields name`)
  expect(stderr).toContain(`lexpand forget --index ${products}`)
})
