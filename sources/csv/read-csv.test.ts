import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { readSource } from '../../testing/read-source.ts'
import { readCsv } from './read-csv.ts'

const read = (content: string | Uint8Array, chunkSize?: number, options = {}) =>
  readSource((chunks, onProblem) => readCsv(chunks, 'input', { ...options, onProblem }), content, chunkSize)

describe('CSV', () => {
  test('quotes, line breaks in fields and a byte order mark are read; bad records are named and skipped', async () => {
    const bytes = Buffer.concat([
      Buffer.from('\uFEFFid,title,text\r\n1,"a ""q"" é","two\nlines"\r\n2,short\r\n3,b,'),
      Buffer.from([0xff]),
      Buffer.from('\n4,c,"x,y"\n'),
    ])
    for (const size of [1, 5, 1000]) {
      const { records, problems } = await read(bytes, size)
      expect(records.map(({ source }) => source)).toEqual([
        { id: '1', title: 'a "q" é', text: 'two\nlines' },
        { id: '4', title: 'c', text: 'x,y' },
      ])
      expect(problems.map(({ position }) => position)).toEqual(['input line 4', 'input line 5'])
    }
  })

  test('a quote that is never closed is a problem, not a document', async () => {
    const { records, problems } = await read('id,text\n1,fine\n2,"open\n3,lost\n')
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
    for await (const { id } of readCsv(endless, 'input', { onProblem: () => undefined }))
      if (id === '3') break
    expect(endless.destroyed).toBe(true)
  })
})

describe('delimiters and names of columns', () => {
  test.each([',', ';', '\t', '|'])('%j is found, also at a chunk size of one', async (delimiter) => {
    const text = [
      ['id', 'title', 'text'],
      ['1', 'a', '"x, y; z | w\tv"'],
    ]
      .map((row) => row.join(delimiter))
      .join('\n')
    for (const size of [1, 1000]) {
      const { records, problems } = await read(text, size)
      expect(problems).toEqual([])
      expect(records.map(({ source }) => source)).toEqual([{ id: '1', title: 'a', text: 'x, y; z | w\tv' }])
    }
  })

  test('empty cells are left out', async () => {
    const { records } = await read('id,price,text\n1,,a\n2,"",b\n3,4,\n')
    expect(records.map(({ source }) => source)).toEqual([
      { id: '1', text: 'a' },
      { id: '2', text: 'b' },
      { id: '3', price: '4' },
    ])
  })

  test('columns named by the caller make the first line a document', async () => {
    const { records } = await read('1,first\n2,second\n', 1000, { columns: ['id', 'text'] })
    expect(records.map(({ source }) => source)).toEqual([
      { id: '1', text: 'first' },
      { id: '2', text: 'second' },
    ])
  })

  test('a column may be called __proto__', async () => {
    const { records } = await read('id,__proto__\n1,x\n')
    expect(Object.entries(records[0]?.source ?? {})).toEqual([
      ['id', '1'],
      ['__proto__', 'x'],
    ])
  })

  test.each([
    [
      'id;title\n1;a',
      { delimiter: ',' },
      'got one column "id;title" that contains ";". Use --delimiter ";".',
    ],
    ['1,Shoes,9.90\n2,Hats,5', {}, 'got the value "9.90". Correct that line, or name the columns'],
    ['id,,text\n1,2,3', {}, 'got an empty name'],
    ['id,text,text\n1,2,3', {}, 'got "text" twice'],
    ['1,a\n', { columns: ['id'] }, 'expected 1 columns in input as --columns names, got 2'],
  ])('%j with %j is refused with the next step', async (text, options, message) => {
    await expect(read(text, 1000, options)).rejects.toThrow(message)
  })

  test('a header without records has no documents, and neither has an empty file', async () => {
    expect((await read('id,text\n')).records).toEqual([])
    expect((await read('')).records).toEqual([])
  })

  test('the file is read to its end behind the head', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => `${n},some text of the row number ${n}`)
    const { records } = await read(`id,text\n${rows.join('\n')}\n`, 10_000)
    expect(records).toHaveLength(5_000)
    expect(records.at(-1)?.position).toBe('input line 5001')
  })
})
