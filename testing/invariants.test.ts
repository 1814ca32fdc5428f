import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
const section = text.slice(text.indexOf('## Invariants'), text.indexOf('## Where state is kept'))
const invariants = section.split(/^\d+\. /m).slice(1)

describe('ARCHITECTURE.md', () => {
  test.each(invariants)('names the tests that hold: %s', (invariant) => {
    const named = [...invariant.matchAll(/`([\w./-]+\.test\.ts)`: ([^;)]+|[^)]*\([^)]*\)[^)]*)(?=[;)])/g)]
    expect(named.length).toBeGreaterThan(0)
    for (const [, file = '', title = ''] of named) {
      expect(existsSync(join(ROOT, file)), file).toBe(true)
      expect(readFileSync(join(ROOT, file), 'utf8')).toContain(title.replaceAll(/\s+/g, ' '))
    }
  })

  test('names files and folders that exist', () => {
    const paths = Array.from(text.matchAll(/`((?:[\w-]+\/)+[\w.-]*)`/g), ([, path = '']) => path)
    const own = paths.filter((path) =>
      /^(sparse|models|opensearch|mappings|workers|pipelines|indices|integrations|cli|testing)\//.test(path),
    )
    expect(own.filter((path) => !path.includes('<') && !existsSync(join(ROOT, path)))).toEqual([])
  })
})
