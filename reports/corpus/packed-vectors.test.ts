import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PackedVectors } from './packed-vectors.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-packed-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function read(...lines: readonly string[]): Promise<PackedVectors> {
  const file = join(folder, 'vectors.jsonl')
  writeFileSync(file, lines.join('\n'))
  return PackedVectors.read([file])
}

test('pieces come in the order of the line, whatever their names; an empty vector is an empty document', async () => {
  const packed = await read(
    '{"tokens":{"rain":1.5,"2019":0.5,"\\"":0.25},"windows":1}',
    '{"tokens":{},"windows":0,"truncated":false}',
    '',
    '{"tokens":{"rain":1e-3}}',
  )
  expect([...packed.documents()]).toEqual([
    [
      ['rain', 1.5],
      ['2019', 0.5],
      ['"', 0.25],
    ],
    [],
    [['rain', 0.001]],
  ])
})

test.each([
  '{"vector":{"rain":1}}',
  '{"tokens":{"rain":1,"sto',
  '{"tokens":{"rain":1,"stone":null}}',
  '{"tokens":{"rain":"1"}}',
  '{"tokens":{"rain":1-2}}',
])('%s is refused by file and line', async (line) => {
  await expect(read('{"tokens":{"rain":1}}', '', line)).rejects.toMatchObject({
    code: 'INPUT',
    message: expect.stringContaining(`in line 3 of ${join(folder, 'vectors.jsonl')}, got ${line}`),
  })
})
