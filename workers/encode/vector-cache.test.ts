import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ExpandedText } from '../../sparse/expand.ts'
import { openVectorCache, type VectorCacheOptions } from './vector-cache.ts'

describe('openVectorCache', () => {
  test('gives back exactly what was put there, for that text and that set-up only, also after a restart', () => {
    const { file, open } = folder()
    const made = expanded(200, 1)
    const cache = open()
    cache.set('f', 'h', made)
    cache.set('f', 'none', expanded(0, 1))
    cache.close()
    const again = open()
    expect(again.get('f', 'h')).toEqual(made)
    expect(again.get('f', 'none')).toEqual(expanded(0, 1))
    expect(again.get('g', 'h')).toBeUndefined()
    expect(again.get('f', 'i')).toBeUndefined()
    expect(statSync(file).size).toBeGreaterThan(0)
  })

  test('stays within its bytes; what was used last stays', () => {
    const { file, open } = folder()
    const cache = open({ maxBytes: 1_000_000 })
    const store = (name: string, count: number) => {
      for (let at = 0; at < count; at++) cache.set('f', `${name} ${at}`, expanded(170, at))
    }
    age(file, () => store('first', 256))
    // A read renews the entry.
    expect(cache.get('f', 'first 7')).toBeDefined()
    store('then', 512)
    expect(cache.get('f', 'first 6')).toBeUndefined()
    expect(cache.get('f', 'first 7')).toEqual(expanded(170, 7))
    store('last', 3_000)
    cache.close()
    expect(statSync(file).size).toBeLessThan(1_000_000 + 256 * 1_600)
  })

  test('a damaged entry is not believed', () => {
    const { file, open } = folder()
    const cache = open()
    cache.set('f', 'h', expanded(20, 1))
    cache.close()
    const database = new DatabaseSync(file)
    const row = database.prepare('SELECT value FROM vectors').get() as { value: Uint8Array }
    row.value[40] = (row.value[40] ?? 0) ^ 1
    database.prepare('UPDATE vectors SET value = ?').run(row.value)
    database.close()
    expect(open().get('f', 'h')).toBeUndefined()
  })

  test.each([
    [
      'no database',
      (file: string) => writeFileSync(file, 'something else entirely, long enough to be read'.repeat(100)),
    ],
    ['a folder', (file: string) => mkdirSync(file)],
    [
      'of another layout',
      (file: string) => {
        const database = new DatabaseSync(file)
        database.exec('PRAGMA user_version = 9')
        database.close()
      },
    ],
  ])('a file that is %s is one warning and no cache', (_, spoil) => {
    const { file, open, warnings } = folder()
    spoil(file)
    const cache = open()
    cache.set('f', 'h', expanded(3, 1))
    expect(cache.get('f', 'h')).toBeUndefined()
    cache.close()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(file)
  })

  test('a file that breaks while it is used is one warning and no cache', () => {
    const { file, open, warnings } = folder()
    const cache = open()
    for (let at = 0; at < 200; at++) cache.set('f', `h${at}`, expanded(170, at))
    const other = new DatabaseSync(file)
    other.exec('DROP TABLE vectors')
    other.close()
    expect(cache.get('f', 'h1')).toBeUndefined()
    cache.set('f', 'h', expanded(3, 1))
    expect(warnings).toHaveLength(1)
  })

  test('a file that another process writes at this moment is a miss, and works again afterwards', () => {
    const { file, open, warnings } = folder()
    const cache = open()
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    cache.set('f', 'h', expanded(3, 1))
    expect(cache.get('f', 'h')).toBeUndefined()
    other.exec('COMMIT')
    other.close()
    cache.set('f', 'h', expanded(3, 1))
    expect(cache.get('f', 'h')).toEqual(expanded(3, 1))
    expect(warnings).toEqual([])
  })

  test('workers of one machine share the file', () => {
    const { file, open } = folder()
    const cache = open()
    cache.set('f', 'mine', expanded(3, 1))
    const module = JSON.stringify(new URL('./vector-cache.ts', import.meta.url).href)
    const script = `import { openVectorCache } from ${module}
      const cache = openVectorCache({ file: ${JSON.stringify(file)}, onWarning: (m) => { throw new Error(m) } })
      cache.set('f', 'theirs', cache.get('f', 'mine'))
      cache.close()`
    execFileSync(process.execPath, ['--input-type=module', '-e', script])
    expect(cache.get('f', 'theirs')).toEqual(expanded(3, 1))
  })

  test('the text is not in the file', () => {
    const { file, open } = folder()
    const cache = open()
    cache.set('fingerprint', 'hash-of-the-text', expanded(3, 1))
    cache.close()
    expect(readFileSync(file, 'latin1')).not.toContain('hash-of-the-text')
  })
})

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'lexpand-cache-'))
  const file = join(path, 'below', 'vectors.sqlite')
  mkdirSync(join(path, 'below'))
  const warnings: string[] = []
  const caches: { close(): void }[] = []
  onTestFinished(() => {
    for (const cache of caches) cache.close()
    rmSync(path, { recursive: true, force: true })
  })
  const open = (options: Partial<VectorCacheOptions> = {}) => {
    const cache = openVectorCache({ file, onWarning: (message) => warnings.push(message), ...options })
    caches.push(cache)
    return cache
  }
  return { file, open, warnings }
}

/** Shifts all times of use by an hour after a step, those of the step included. */
function age(file: string, step: () => void): void {
  step()
  const database = new DatabaseSync(file)
  database.exec('UPDATE vectors SET used = used - 3600')
  database.close()
}

function expanded(count: number, seed: number): ExpandedText {
  const tokenIds = Uint32Array.from({ length: count }, (_, at) => (seed * 31 + at * 7) % 30_522)
  const weights = Float32Array.from({ length: count }, (_, at) => 3 - at / 100 + seed / 1e4)
  return { vector: { tokenIds, weights }, tokens: count + 2, windows: 1, truncated: seed % 3 }
}
