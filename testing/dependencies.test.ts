import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

interface Locked {
  readonly version: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
const locked = Object.entries(packages).filter(([folder]) => folder !== '')
const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** Licences of packages in an installation: each lets anybody use, change and pass them on, on condition of the notice alone. */
const SHIPPED = ['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', '(MIT OR CC0-1.0)']
/** Licences of packages that only tests and builds use and that are not passed on. */
const TOOLS = [
  ...SHIPPED,
  '(AFL-2.1 OR BSD-3-Clause)',
  'MPL-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'MIT OR Apache-2.0',
]
/** Packages whose package.json names the licence in an older form, which package-lock.json does not copy. */
const OLD_FORM = new Map([
  ['ssh2', 'MIT'],
  ['buildcheck', 'MIT'],
  ['cpu-features', 'MIT'],
])

/** Reasons why each package works without its install script: nothing is ever installed with scripts. */
const SCRIPTS = new Map([
  ['onnxruntime-node', 'the script fetches libraries for GPUs; the one for CPUs is in the package'],
  ['msgpackr-extract', 'a quicker way to read strings; msgpackr does it in JavaScript'],
  ['protobufjs', 'the script only compares version schemes; tests only'],
  ['ssh2', 'builds a quicker cipher; it has one in JavaScript; tests only'],
  ['cpu-features', 'an optional part of ssh2; tests only'],
])

test('every dependency has a licence of the list', () => {
  const wrong = locked.flatMap(([folder, { license, dev }]) => {
    const licence = license ?? OLD_FORM.get(nameOf(folder)) ?? 'none'
    return (dev ? TOOLS : SHIPPED).includes(licence) ? [] : [`${nameOf(folder)}: ${licence}`]
  })
  expect(wrong).toEqual([])
  expect(locked.length).toBeGreaterThan(200)
})

test('every dependency with an install script is known to work without it, and none is ever installed with scripts', () => {
  const withScript = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([folder]) => nameOf(folder))
  expect(withScript.filter((name) => !SCRIPTS.has(name))).toEqual([])
  expect(read('Dockerfile').match(/^RUN npm ci.*$/gm)).toEqual([
    'RUN npm ci --ignore-scripts --no-audit --no-fund',
  ])
  expect(read('scripts/bootstrap.mjs')).toContain("const flags = ['--ignore-scripts'")
})

test('every version is exact, and every package is locked with its SHA-512', () => {
  const { dependencies, devDependencies, optionalDependencies = {} } = JSON.parse(read('package.json'))
  for (const version of Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  }
  for (const [folder, { integrity, resolved }] of locked) {
    expect(integrity, folder).toMatch(/^sha512-/)
    // Without an address a package comes from the registry that the installer has set, and must have that hash.
    expect(resolved ?? 'https://registry.npmjs.org/', folder).toMatch(/^https:\/\/registry\.npmjs\.org\//)
  }
})
