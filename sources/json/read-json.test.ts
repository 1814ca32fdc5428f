import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSource } from '../../testing/read-source.ts'
import { lines } from './lines.ts'
import { readJson } from './read-json.ts'

const read = (content: string | Uint8Array, chunkSize?: number, idField?: string) =>
  readSource((chunks, onProblem) => readJson(chunks, 'input', idField, onProblem), content, chunkSize)

describe('one object a line', () => {
  test('malformed JSON on line 7 is named with its line and the rest goes on', async () => {
    const all = Array.from({ length: 10 }, (_, index) => `{"_id":"${index + 1}","text":"t"}`)
    all[6] = '{"_id":"7","text":'
    const { records, problems } = await read(all.join('\n'))
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
    const { records, problems } = await read(bytes)
    expect(records.map(({ id }) => id)).toEqual(['1', '3'])
    expect(problems).toEqual([{ position: 'input line 2', message: expect.stringContaining('UTF-8') }])
  })

  test.each(['[1]', '"text"', '7', 'null', 'true'])('%s is not a document', async (line) => {
    const { records, problems } = await read(line)
    expect(records).toEqual([])
    expect(problems).toHaveLength(1)
  })

  test('chunk borders, CRLF, blank lines, a byte order mark and a missing last newline change nothing', async () => {
    const bytes = Buffer.from('\uFEFF{"id":1,"text":"😀 é"}\r\n\r\n  \n{"id":2,"text":"b"}')
    for (const size of [1, 2, 3, 7, 1000]) {
      const { records, problems } = await read(bytes, size)
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

describe('keys', () => {
  test('the key __proto__ stays an ordinary field', async () => {
    const { records } = await read('{"id":"1","__proto__":{"polluted":true},"text":"t"}')
    expect(Object.hasOwn(records[0]?.source ?? {}, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('other forms of JSON', () => {
  const documents = [
    { id: '1', title: 'a "]" [{', text: 'x\\' },
    { id: '2', nested: { list: [1, [2, { deep: '}' }]] }, text: 'é😀' },
    { id: '3', text: '' },
  ]
  const forms: [string, string][] = [
    ['a list', JSON.stringify(documents)],
    ['a printed list', JSON.stringify(documents, null, 2)],
    ['lists one after the other', documents.map((document) => JSON.stringify([document])).join('\n')],
    ['printed objects', documents.map((document) => JSON.stringify(document, null, 2)).join('\n')],
    ['lines', documents.map((document) => JSON.stringify(document)).join('\n')],
  ]

  test.each(forms)('%s holds the same documents at any chunk size', async (_, text) => {
    for (const content of [text, `\uFEFF${text}\n`]) {
      for (const size of [1, 2, 3, 7, 1000]) {
        const { records, problems } = await read(content, size)
        expect(problems).toEqual([])
        expect(records.map(({ source }) => source)).toEqual(documents)
      }
    }
  })

  test('any list of objects comes back as it is, whatever strings it holds', async () => {
    const objects = fc.array(
      fc.dictionary(
        fc.string().filter((key) => !['_id', 'id', '_source'].includes(key)),
        fc.jsonValue(),
      ),
    )
    await fc.assert(
      fc.asyncProperty(objects, fc.integer({ min: 1, max: 20 }), async (list, size) => {
        const text = JSON.stringify(list)
        const { records, problems } = await read(text, size)
        expect(problems).toEqual([])
        expect(JSON.stringify(records.map(({ source }) => source))).toBe(text)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test('positions name item and line', async () => {
    const { records } = await read('[\n {"text":"a"},\n\n {"text":"b"}]')
    expect(records.map(({ position }) => position)).toEqual([
      'input item 1 (line 2)',
      'input item 2 (line 4)',
    ])
  })

  test.each([
    ['[{"text":"a"},7,"x",{"text":"b"}]', 2, ['got 7', 'got "x"']],
    ['[{"text":"a"},{"text":', 1, ['expected the value that begins here to end']],
    ['[{"text":"a"},', 1, ['expected "]" at the end of the list']],
    ['[{"text":"a"}] and more', 1, ['expected nothing or another list']],
    ['{\n"text":"a"\n}\n{\n"text":', 1, ['expected the value that begins here to end']],
  ])('of %s what is whole is read and the rest is named', async (text, count, messages) => {
    const { records, problems } = await read(text, 3)
    expect(records).toHaveLength(count)
    expect(problems.map(({ message }) => message)).toEqual(
      messages.map((part) => expect.stringContaining(part)),
    )
  })

  test('a cut-off first line among lines costs that line only', async () => {
    const { records, problems } = await read('{"id":"1","text":\n{"id":"2","text":"b"}\n')
    expect(records.map(({ id }) => id)).toEqual(['2'])
    expect(problems).toHaveLength(1)
  })

  test('numbers keep their digits', async () => {
    const line = '{"id":12345678901234567890,"price":1.0,"far":1e400,"fine":3}'
    const { records } = await read(line)
    expect(records[0]?.id).toBe('12345678901234567890')
    expect(JSON.stringify(records[0]?.source)).toBe(line)
  })

  test('hits of a search are the documents that they hold', async () => {
    const { records } = await read(
      '{"_index":"a","_id":"7","_routing":"r","_score":1,"_source":{"text":"t"}}',
    )
    expect(records).toMatchObject([{ id: '7', routing: 'r', source: { text: 't' } }])
  })

  test('ids of MongoDB are ids', async () => {
    const { records } = await read('{"_id":{"$oid":"507f1f77bcf86cd799439011"},"text":"t"}')
    expect(records[0]?.id).toBe('507f1f77bcf86cd799439011')
  })
})

describe('the body of a _bulk request', () => {
  test('holds documents with the id and routing of their action line; the rest is named', async () => {
    const { records, problems } = await read(
      [
        '{"index":{"_index":"a","_id":"1","routing":"r"}}',
        '{"text":"one"}',
        '{"create":{"_id":2}}',
        '{"text":"two","id":"other"}',
        '{"delete":{"_id":"3"}}',
        '{"update":{"_id":"4"}}',
        '{"doc":{"text":"four"}}',
        '{"index":{}}',
        '{"text":"without id"}',
        '{"text":"without action"}',
      ].join('\n'),
    )
    expect(records).toEqual([
      { id: '1', routing: 'r', source: { text: 'one' }, position: 'input line 2' },
      { id: '2', source: { text: 'two', id: 'other' }, position: 'input line 4' },
      { source: { text: 'without id' }, position: 'input line 9' },
    ])
    expect(problems).toEqual([
      { position: 'input line 5', message: expect.stringContaining('got delete') },
      { position: 'input line 7', message: expect.stringContaining('got update') },
      { position: 'input line 10', message: expect.stringContaining('expected an action line') },
    ])
  })

  test('is not seen in documents with a field called index', async () => {
    const { records } = await read('{"index":{"name":"S&P 500"}}\n{"index":"DAX"}')
    expect(records).toHaveLength(2)
  })
})
