import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect } from '../testing/read-source.ts'
import { openSource } from './open-source.ts'
import type { SourceProblem } from './record.ts'
import { readFolder } from './text/folder.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-sources-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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

  test('standard input is JSON by its first character, or what --format says', async () => {
    expect(await collect((await open('-', {}, '{"id":"1"}')).records)).toHaveLength(1)
    expect(await collect((await open('-', { format: 'csv' }, 'id,text\n1,a\n2,b\n')).records)).toHaveLength(2)
  })

  test('a file of unknown kind and a path that does not exist say what to do', async () => {
    writeFileSync(join(folder, 'notes.dat'), 'Dear all,\n')
    await expect(open(join(folder, 'notes.dat'))).rejects.toThrow(
      'begins with "Dear all,". Say what it is with --format',
    )
    await expect(open(join(folder, 'none.jsonl'))).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

describe('containers', () => {
  const text = '{"id":"1","text":"é"}\n{"id":"2","text":"b"}\n'
  const utf16 = (little: boolean) => {
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
    return little ? bytes : bytes.swap16()
  }

  test.each<[string, string, Uint8Array]>([
    ['gzip', 'a.jsonl.gz', gzipSync(text)],
    ['zstd', 'a.jsonl.zst', zstdCompressSync(text)],
    ['gzip in zstd', 'b.json.gz.zst', zstdCompressSync(gzipSync(text))],
    ['UTF-16, little-endian', 'c.jsonl', utf16(true)],
    ['UTF-16, big-endian, in gzip', 'd.jsonl.gz', gzipSync(utf16(false))],
    ['gzip under a name that says nothing', 'dump', gzipSync(text)],
    [
      'several gzip members',
      'e.jsonl.gz',
      Buffer.concat(text.split('\n').map((line) => gzipSync(`${line}\n`))),
    ],
  ])('%s is read', async (_, name, bytes) => {
    writeFileSync(join(folder, name), bytes)
    const problems: SourceProblem[] = []
    const { records } = await openSource(
      join(folder, name),
      { onProblem: (problem) => problems.push(problem) },
      Readable.from([]),
    )
    expect((await collect(records)).map(({ source }) => source)).toEqual([
      { id: '1', text: 'é' },
      { id: '2', text: 'b' },
    ])
    expect(problems).toEqual([])
  })

  test('a packed file that is cut off gives what came before, and says so', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `{"id":"${n}","text":"${Math.sin(n)}"}`).join('\n')
    const packed = gzipSync(lines)
    const problems: SourceProblem[] = []
    const { records } = await openSource(
      '-',
      { onProblem: (problem) => problems.push(problem) },
      Readable.from([packed.subarray(0, packed.length / 2)]),
    )
    expect((await collect(records)).length).toBeGreaterThan(1_000)
    expect(problems.some(({ message }) => message.includes('cannot be unpacked further'))).toBe(true)
  })

  test.each([
    ['PK\u0003\u0004rest', 'a zip archive', 'Unpack it with unzip'],
    ['BZh91AY', 'bzip2', 'bzcat'],
    ['%PDF-1.7', 'a PDF', 'pdftotext'],
    ['SQLite format 3\u0000', 'an SQLite database', 'sqlite3 -csv'],
    [`${'x'.repeat(257)}ustar`, 'a tar archive', 'tar -xf'],
    ['PAR1', 'Parquet', 'save it, then name the file'],
  ])('%j is named with what to do', async (bytes, what, advice) => {
    const opened = openSource(
      '-',
      { onProblem: () => undefined },
      Readable.from([Buffer.from(bytes, 'latin1')]),
    )
    await expect(opened).rejects.toThrow(what)
    await expect(opened).rejects.toThrow(advice)
  })
})

describe('TSV and Parquet', () => {
  test('a .tsv file has tabs, though its first line has commas', async () => {
    writeFileSync(join(folder, 'a.tsv'), 'id\ttext, and more, of it\n1\tx\n')
    const { kind, records } = await openSource(
      join(folder, 'a.tsv'),
      { onProblem: () => undefined },
      Readable.from([]),
    )
    expect(kind).toBe('tsv')
    expect((await collect(records))[0]?.source).toEqual({ id: '1', 'text, and more, of it': 'x' })
  })

  test.each(['UNCOMPRESSED', 'SNAPPY'] as const)(
    'Parquet (%s) is read by row groups with exact integers',
    async (codec) => {
      const file = join(folder, `${codec}.parquet`)
      const columnData = [
        { name: 'id', data: [1n, 9007199254740993n, 3n], type: 'INT64' as const },
        { name: 'text', data: ['a', 'é', null], type: 'STRING' as const },
        { name: 'price', data: [1.5, null, 2], type: 'DOUBLE' as const },
        { name: 'at', data: [new Date(0), null, null], type: 'TIMESTAMP' as const },
      ]
      writeFileSync(file, Buffer.from(parquetWriteBuffer({ columnData, codec, rowGroupSize: 2 })))
      const { kind, records } = await openSource(file, { onProblem: () => undefined }, Readable.from([]))
      expect(kind).toBe('parquet')
      const all = await collect(records)
      expect(all.map(({ id, position }) => [id, position])).toEqual([
        ['1', `${codec}.parquet row 1`],
        ['9007199254740993', `${codec}.parquet row 2`],
        ['3', `${codec}.parquet row 3`],
      ])
      expect(JSON.stringify(all.map(({ source }) => source))).toBe(
        '[{"id":1,"text":"a","price":1.5,"at":"1970-01-01T00:00:00.000Z"},{"id":9007199254740993,"text":"é"},{"id":3,"price":2}]',
      )
    },
  )

  test('a damaged Parquet file says so', async () => {
    writeFileSync(join(folder, 'bad.parquet'), 'PAR1 nothing else')
    const { records } = await openSource(
      join(folder, 'bad.parquet'),
      { onProblem: () => undefined },
      Readable.from([]),
    )
    await expect(collect(records)).rejects.toThrow('expected a Parquet file in bad.parquet')
  })
})
