import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCsv } from './csv.ts'
import { readFolder } from './folder.ts'
import { readJsonl } from './jsonl.ts'
import { lines } from './lines.ts'
import { openSource } from './open-source.ts'
import { isProblem, type SourceProblem, type SourceRecord, toRecord } from './record.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-sources-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('JSONL', () => {
  test('malformed JSON on line 7 is named with its line and the rest goes on', async () => {
    const all = Array.from({ length: 10 }, (_, index) => `{"_id":"${index + 1}","text":"t"}`)
    all[6] = '{"_id":"7","text":'
    const { records, problems } = await read(readJsonl, all.join('\n'))
    expect(records.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '8', '9', '10'])
    expect(problems).toEqual([
      { position: 'input line 7', message: expect.stringContaining('malformed JSON') },
    ])
  })

  test('bytes that are not UTF-8 are a problem of their line only', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"_id":"1","text":"é"}\n{"_id":"2","text":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}\n{"_id":"3"}\n'),
    ])
    const { records, problems } = await read(readJsonl, bytes)
    expect(records.map(({ id }) => id)).toEqual(['1', '3'])
    expect(problems).toEqual([{ position: 'input line 2', message: expect.stringContaining('UTF-8') }])
  })

  test.each(['[1]', '"text"', '7', 'null', 'true'])('%s is not a document', async (line) => {
    const { records, problems } = await read(readJsonl, line)
    expect(records).toEqual([])
    expect(problems).toHaveLength(1)
  })

  test('chunk borders, CRLF, blank lines, a byte order mark and a missing last newline change nothing', async () => {
    const bytes = Buffer.from('\uFEFF{"id":1,"text":"😀 é"}\r\n\r\n  \n{"id":2,"text":"b"}')
    for (const size of [1, 2, 3, 7, 1000]) {
      const { records, problems } = await read(readJsonl, bytes, size)
      expect(problems).toEqual([])
      expect(records).toEqual([
        { id: '1', source: { id: 1, text: '😀 é' }, position: 'input line 1' },
        { id: '2', source: { id: 2, text: 'b' }, position: 'input line 4' },
      ])
    }
  })

  test('a line over the bound is skipped without being kept in memory', async () => {
    const result = []
    for await (const line of lines(
      Readable.from([Buffer.from('short\n'), Buffer.alloc(50, 'x'), Buffer.from('\nend')]),
      10,
    ))
      result.push(line)
    expect(result).toEqual([
      { number: 1, text: 'short' },
      { number: 2, problem: 'expected at most 10 bytes in a line, got 50' },
      { number: 3, text: 'end' },
    ])
  })
})

describe('ids', () => {
  test('come from _id, else id, and _id never stays in the document', () => {
    expect(toRecord({ _id: 'a', id: 'b' }, undefined, 'p')).toMatchObject({ id: 'a', source: { id: 'b' } })
    expect(toRecord({ id: 5, text: 't' }, undefined, 'p')).toMatchObject({ id: '5' })
    expect(toRecord({ text: 't' }, undefined, 'p')).toEqual({ source: { text: 't' }, position: 'p' })
    expect(toRecord({ sku: 'x', _id: 'a' }, 'sku', 'p')).toMatchObject({ id: 'x', source: { sku: 'x' } })
  })

  test.each([
    [{ text: 't' }, 'sku'],
    [{ sku: 1.5 }, 'sku'],
    [{ sku: {} }, 'sku'],
    [{ sku: 'x'.repeat(513) }, 'sku'],
    [{}, 'constructor'],
  ])('%j has no usable id in %s', (object, field) => {
    expect(isProblem(toRecord(object, field, 'p'))).toBe(true)
  })

  test('the key __proto__ stays an ordinary field', async () => {
    const { records } = await read(readJsonl, '{"id":"1","__proto__":{"polluted":true},"text":"t"}')
    expect(Object.hasOwn(records[0]?.source ?? {}, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('CSV', () => {
  test('quotes, line breaks in fields and a byte order mark are read; bad records are named and skipped', async () => {
    const bytes = Buffer.concat([
      Buffer.from('\uFEFFid,title,text\r\n1,"a ""q"" é","two\nlines"\r\n2,short\r\n3,b,'),
      Buffer.from([0xff]),
      Buffer.from('\n4,c,"x,y"\n'),
    ])
    for (const size of [1, 5, 1000]) {
      const { records, problems } = await read(readCsv, bytes, size)
      expect(records.map(({ source }) => source)).toEqual([
        { id: '1', title: 'a "q" é', text: 'two\nlines' },
        { id: '4', title: 'c', text: 'x,y' },
      ])
      expect(problems.map(({ position }) => position)).toEqual(['input line 4', 'input line 5'])
    }
  })

  test('a quote that is never closed is a problem, not a document', async () => {
    const { records, problems } = await read(readCsv, 'id,text\n1,fine\n2,"open\n3,lost\n')
    expect(records.map(({ id }) => id)).toEqual(['1'])
    expect(problems).toHaveLength(1)
  })

  test('a reader that stops early ends the reading', async () => {
    const endless = Readable.from(
      (function* () {
        yield Buffer.from('id,text\n')
        for (let n = 0; ; n++) yield Buffer.from(`${n},text\n`)
      })(),
    )
    for await (const { id } of readCsv(endless, 'input', undefined, () => undefined)) if (id === '3') break
    expect(endless.destroyed).toBe(true)
  })
})

describe('folders', () => {
  test('text, Markdown and HTML files become documents in the order of their paths; links are not followed', async () => {
    const root = join(folder, 'docs')
    mkdirSync(join(root, 'sub', '.hidden'), { recursive: true })
    writeFileSync(join(root, 'b.md'), '# Cats\n\nThey [purr](http://x).\n\n## Food\n\n- fish\n')
    writeFileSync(join(root, 'a.txt'), 'plain')
    writeFileSync(join(root, 'sub', 'c.html'), '<title>Dogs</title><p>They <b>bark</b>.')
    writeFileSync(join(root, 'sub', 'bad.txt'), Buffer.from([0xff]))
    writeFileSync(join(root, 'sub', '.hidden', 'no.txt'), 'hidden')
    writeFileSync(join(root, 'image.png'), 'x')
    symlinkSync(root, join(root, 'sub', 'loop'))
    symlinkSync(join(root, 'a.txt'), join(root, 'link.txt'))
    const problems: SourceProblem[] = []
    const records = await collect(readFolder(root, undefined, (problem) => problems.push(problem)))
    expect(records.map(({ source }) => source)).toEqual([
      { path: 'a.txt', title: 'a', text: 'plain' },
      { path: 'b.md', title: 'Cats', text: 'They purr.\n\nFood\n\nfish' },
      { path: 'sub/c.html', title: 'Dogs', text: 'They bark.' },
    ])
    expect(problems.map(({ position }) => position)).toEqual(['sub/bad.txt'])
    const parts = await collect(readFolder(root, 50, () => undefined))
    expect(parts.map(({ id, source }) => [id, source.title])).toEqual([
      ['a.txt#1', 'a'],
      ['b.md#1', 'Cats'],
      ['b.md#2', 'Food'],
      ['sub/c.html#1', 'Dogs'],
    ])
  })
})

describe('what the user named', () => {
  const open = (reference: string, options = {}, input = '') =>
    openSource(reference, { onProblem: () => undefined, ...options }, Readable.from([Buffer.from(input)]))

  test('a folder with corpus.jsonl is a BEIR folder, other folders hold text files', async () => {
    const beir = join(folder, 'beir')
    mkdirSync(beir)
    writeFileSync(join(beir, 'corpus.jsonl'), '{"_id":"d","title":"","text":"t"}\n')
    const { kind, records } = await open(beir)
    expect(kind).toBe('beir')
    expect((await collect(records)).map(({ id }) => id)).toEqual(['d'])
    expect((await open(folder)).kind).toBe('folder')
  })

  test('standard input is JSONL unless --format says otherwise', async () => {
    expect(await collect((await open('-', {}, '{"id":"1"}')).records)).toHaveLength(1)
    expect(await collect((await open('-', { format: 'csv' }, 'id,text\n1,a\n2,b\n')).records)).toHaveLength(2)
  })

  test('a file of unknown kind and a path that does not exist say what to do', async () => {
    writeFileSync(join(folder, 'x.parquet'), '')
    await expect(open(join(folder, 'x.parquet'))).rejects.toThrow('--format')
    await expect(open(join(folder, 'none.jsonl'))).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

type Reader = (
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  idField: string | undefined,
  onProblem: (problem: SourceProblem) => void,
) => AsyncIterable<SourceRecord>

async function read(reader: Reader, content: string | Uint8Array, chunkSize = 1000) {
  const bytes = Buffer.from(content)
  const chunks: Buffer[] = []
  for (let start = 0; start < bytes.length; start += chunkSize)
    chunks.push(bytes.subarray(start, start + chunkSize))
  const problems: SourceProblem[] = []
  const records = await collect(
    reader(Readable.from(chunks), 'input', undefined, (problem) => problems.push(problem)),
  )
  return { records, problems }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
