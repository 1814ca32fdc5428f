import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fileLines } from './file-lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'lexpand-lines-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function read(content: string | Buffer) {
  const file = join(folder, 'file')
  writeFileSync(file, content)
  const found: object[] = []
  for await (const line of fileLines(file)) found.push(line)
  return found
}

test('line separators within JSON strings end no line, and empty lines are left out', async () => {
  expect(await read('{"text":"a\u2028b\u2029c\u0085"}\n\n2\n')).toEqual([
    { number: 1, text: '{"text":"a\u2028b\u2029c\u0085"}' },
    { number: 3, text: '2' },
  ])
})

test('what is not UTF-8 is told with its line', async () => {
  await expect(read(Buffer.from([0x61, 0x0a, 0xff, 0x0a]))).rejects.toThrow(/UTF-8.* in line 2 of/)
})
