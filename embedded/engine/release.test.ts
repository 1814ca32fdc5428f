import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program, stubPath, testFolder } from '../../testing/test-folder.ts'
import { assemble, digestOfJars } from './assembly.ts'
import { findJdk } from './jdk.ts'
import { embeddedRelease, OPENSEARCH_VERSION, RELEASES, releaseOf } from './release.ts'

test('the embedded engine is the default release, or the one that LEXPAND_OPENSEARCH_VERSION names', () => {
  expect(embeddedRelease({}).version).toBe(OPENSEARCH_VERSION)
  expect(embeddedRelease({ LEXPAND_OPENSEARCH_VERSION: '' }).version).toBe(OPENSEARCH_VERSION)
  expect(embeddedRelease({ LEXPAND_OPENSEARCH_VERSION: '2.19.6' }).version).toBe('2.19.6')
  expect(() => embeddedRelease({ LEXPAND_OPENSEARCH_VERSION: '../3.6.0' })).toThrow(
    'expected LEXPAND_OPENSEARCH_VERSION as one of 2.19.6, 3.6.0, 3.8.0, 3.9.0, got "../3.6.0"',
  )
})

test('default and lenders are published whole', () => {
  const lenders = RELEASES.flatMap(({ parts }) => parts?.lender ?? [])
  for (const version of [OPENSEARCH_VERSION, ...lenders]) {
    const { parts, zip } = releaseOf(version)
    expect(parts).toBeUndefined()
    expect(zip?.sha256).toMatch(/^[0-9a-f]{64}$/)
  }
})

test.each([
  ['2.19.6', { 17: true, 21: true, 23: true, 24: false, 25: false, 11: false }],
  [OPENSEARCH_VERSION, { 17: false, 21: true, 25: true }],
])('OpenSearch %s runs on the Java that it knows: %j', async (version, knows) => {
  for (const [feature, fits] of Object.entries(knows)) {
    const folder = testFolder()
    const home = join(folder, 'jdk')
    for (const name of ['java', 'jar']) program(join(home, 'bin', name), 'exit 0')
    writeFileSync(join(home, 'release'), `JAVA_VERSION="${feature}.0.1"\n`)
    stubPath('/nowhere')
    const environment = { LEXPAND_OPENSEARCH_VERSION: version, PATH: '/nowhere' }
    const search = findJdk({ environment, user: undefined, folders: [folder] })
    if (fits) expect((await search).home).toBe(home)
    else await expect(search).rejects.toMatchObject({ code: 'ENGINE_NO_JDK' })
  }
})

/** A Maven that brings each project two jars, one of which every project has. */
const MAVEN = `for last; do :; done; to="\${last#-DoutputDirectory=}"; touch "$to/common-1.0.jar" "$to/jspecify-1.jar"
grep -o '<artifactId>[^<]*' pom.xml | tail -1 | cut -d'>' -f2 | { read name; touch "$to/$name-9.jar"; }`

test('an engine is put together of its artifacts, each jar in one place, and checked as a whole', async () => {
  const folder = testFolder()
  program(join(folder, 'bin', 'mvn'), MAVEN)
  stubPath(`${join(folder, 'bin')}:/usr/bin:/bin`)
  const lender = join(folder, 'lender')
  mkdirSync(join(lender, 'modules', 'ingest-common'), { recursive: true })
  mkdirSync(join(lender, 'modules', 'reindex'), { recursive: true })
  writeFileSync(join(lender, 'modules', 'ingest-common', 'ingest-common-3.8.0.jar'), '')
  writeFileSync(join(lender, 'modules', 'reindex', 'plugin-security.policy'), 'grant {};')
  const home = join(folder, 'home')
  const jdk = { home: '/nowhere', version: '25', feature: 25 }
  const release = releaseOf('3.9.0')
  const parts = {
    lib: ['org.opensearch:opensearch:3.9.0'],
    modules: ['lang-painless', 'analysis-common', 'reindex'] as const,
    lender: '3.8.0',
    borrowed: ['ingest-common'] as const,
    sha256: 'other',
  }
  const context = { jdk, lender, onProgress: () => undefined }
  const refused = assemble(home, release, parts, context)
  await expect(refused).rejects.toMatchObject({ code: 'ENGINE_CHECKSUM' })
  await assemble(home, release, { ...parts, sha256: digestOfJars(home) }, context)
  const jars = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /jar|policy/.test(path),
  )
  expect(jars.sort()).toEqual([
    'lib/common-1.0.jar',
    'lib/opensearch-9.jar',
    'modules/analysis-common/analysis-common-9.jar',
    'modules/ingest-common/ingest-common-3.8.0.jar',
    'modules/lang-painless/lang-painless-9.jar',
    'modules/reindex/plugin-security.policy',
    'modules/reindex/reindex-client-9.jar',
  ])
})

test('releases stand in their order, which the table of the page has, too', () => {
  const numbers = RELEASES.map(({ version }) => version.split('.').map(Number) as [number, number, number])
  const sorted = [...numbers].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
  expect(numbers).toEqual(sorted)
})
