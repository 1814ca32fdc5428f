import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const page = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8')

/** Rows of the tables whose last column names a test. */
const rows = page.split('\n').filter((line) => /^\| .*\|$/.test(line) && !/^\| (it tries|who|---)/.test(line))
const threats = rows.slice(rows.findIndex((row) => row.includes('.test.ts')))

describe('the threat model', () => {
  test.each(threats)('%s', (row) => {
    const [, file = '', title = ''] = /\| `([\w./-]+\.test\.ts)`: (.+) \|$/.exec(row) ?? []
    expect(file, 'a row without its test').not.toBe('')
    expect(existsSync(join(ROOT, file)), file).toBe(true)
    const text = readFileSync(join(ROOT, file), 'utf8')
    // A title in single quotes has its apostrophes escaped.
    expect(text.replaceAll("\\'", "'")).toContain(title)
  })

  test('has rows for every kind of attacker', () => {
    const sections = [...page.matchAll(/^## (.*)$/gm)].map(([, name]) => name)
    expect(sections).toHaveLength(9)
    expect(threats.length).toBeGreaterThan(40)
  })
})
