import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '..')
const PAGES = [
  ...[
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'plugin/README.md',
    'examples/README.md',
    'deploy/README.md',
    'deploy/helm/lexpand/README.md',
    'SECURITY.md',
    'CODE_OF_CONDUCT.md',
  ],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]

/** Targets of the relative links of a page, from the root; links between pages of the site have no extension. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/```.*?```/gs, '')
  return Array.from(text.matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)]*)?\)/g), ([, target = '']) =>
    normalize(join(dirname(page), target)),
  )
}

test.each(PAGES)('every link of %s leads to a file', (page) => {
  expect(linksOf(page).filter((target) => !existsSync(join(ROOT, target)))).toEqual([])
})

test.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])('every file that %s names by its path exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const named = Array.from(
    text.matchAll(/(?<![\w./-])(?:[\w-]+\/)+[\w-]+(?:\.[\w-]+)*\.(?:ts|mjs|py)\b/g),
    ([path]) => path,
  )
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('what the README links to is in the package', () => {
  const patterns = packageJson.files.map(
    (glob) => new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`),
  )
  const absent = linksOf('README.md').filter((target) => !patterns.some((pattern) => pattern.test(target)))
  expect(absent).toEqual([])
})

test('the README has at most 150 lines', () => {
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(151)
})
