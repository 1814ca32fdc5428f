import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StepStore } from './store.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a step without a file has not been measured', () => {
  expect(new StepStore(folder).read('encode')).toBeUndefined()
})

test('a file that is cut off, or cannot be read, is told by its name and not taken for a step to measure', () => {
  writeFileSync(join(folder, 'encode.json'), '{"step": "enc')
  mkdirSync(join(folder, 'ingest.json'))
  for (const step of ['encode', 'ingest']) {
    const file = join(folder, `${step}.json`)
    expect(() => new StepStore(folder).read(step)).toThrow(
      expect.objectContaining({ code: 'INPUT', message: expect.stringContaining(file) }),
    )
  }
})
