import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBeirDocuments, readBeirQueries } from './beir.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-beir-'))
  mkdirSync(join(folder, 'qrels'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(
  qrels: string,
  corpus = '',
  queries = '{"_id":"q1","text":"one"}\n{"_id":"q2","text":"two"}\n',
) {
  writeFileSync(join(folder, 'corpus.jsonl'), corpus)
  writeFileSync(join(folder, 'queries.jsonl'), queries)
  writeFileSync(join(folder, 'qrels', 'test.tsv'), qrels)
}

test('judged queries are read with their grades, with and without a header line', async () => {
  for (const header of ['query-id\tcorpus-id\tscore\n', '']) {
    write(`${header}q2\td1\t2\nq2\td2\t0\r\n`)
    const { queries, qrels } = await readBeirQueries(folder)
    expect([...queries]).toEqual([['q2', 'two']])
    expect(qrels.get('q2')).toEqual(
      new Map([
        ['d1', 2],
        ['d2', 0],
      ]),
    )
  }
})

test('the text of a document is title and text, trimmed', async () => {
  write(
    'q1\td\t1\n',
    '{"_id":"1","title":"A","text":"b"}\n{"_id":"2","title":"","text":"b "}\n{"_id":"3","text":"c"}\n',
  )
  const texts = []
  for await (const { text } of readBeirDocuments(folder)) texts.push(text)
  expect(texts).toEqual(['A b', 'b', 'c'])
})

test('a broken corpus stops the evaluation and names the line', async () => {
  write('q1\td\t1\n', '{"_id":"1","text":"b"}\n{"_id":')
  const reading = async () => {
    for await (const _ of readBeirDocuments(folder));
  }
  await expect(reading()).rejects.toThrow('corpus.jsonl line 2')
})

test('judgments that do not fit are named', async () => {
  write('q1\td1\tgood\nq1\td1\tbad\n')
  await expect(readBeirQueries(folder)).rejects.toThrow('line 2 of test.tsv')
  write('q9\td1\t1\n')
  await expect(readBeirQueries(folder)).rejects.toThrow('"q9"')
  await expect(readBeirQueries(join(folder, 'qrels'))).rejects.toMatchObject({ code: 'CONFIGURATION' })
})
