import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Client } from '@opensearch-project/opensearch'
import { afterAll, expect, inject, test } from 'vitest'
import { packageRoot, wantedCacheFolder } from '../../embedded/host/cache-folder.ts'
import { loadModel } from '../../models/index.ts'
import { search } from '../../pipelines/index.ts'
import { sampleQueries } from '../fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { tenantIndex } from './agent-index.ts'

const PACKAGE = join(import.meta.dirname, '../../python')
const REQUIREMENTS = join(PACKAGE, 'requirements-test.txt')
const execute = promisify(execFile)

const cleanUps: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

const REQUESTS = [
  {},
  { mode: 'sparse' },
  { mode: 'sparse', idf: 'model' },
  { mode: 'sparse', idf: 'blend' },
  { mode: 'bm25' },
  { balance: 0.7 },
  { balance: 0, idf: 'corpus' },
  { filter: { term: { tenant: 'acme' } } },
] as const

const TYPED = [
  'which bird of the river has a wing of stone and light above the water of winter and the garden of summer?',

  '"wing bird" water',
  'river -wing',
  'wing -"bird river" -5',
  '🦋 . [SEP]',
  'Wings of the BIRDS',
]

/** Hits of the TypeScript package that Python has to find, too: with all vectors, and with some missing. */
async function expectedHits(client: Client, folder: string): Promise<{ file: string; index: string }> {
  const model = await loadModel()
  const { index } = await tenantIndex((cleanUp) => cleanUps.push(cleanUp))
  const { index: partly } = await tenantIndex((cleanUp) => cleanUps.push(cleanUp))
  const foreign = uniqueName('foreign')
  await client.indices.create({ index: foreign })
  cleanUps.push(() => removeIndices(client, foreign))
  for (const id of ['doc-3', 'doc-4', 'doc-5']) {
    await client.update({
      index: partly,
      id,
      refresh: true,
      body: { doc: { lexpand: { state: 'pending' } } },
    })
  }
  const cases: object[] = []
  for (const name of [index, partly]) {
    for (const text of [...TYPED, ...sampleQueries(5)]) {
      for (const request of REQUESTS) {
        const { balance, ...rest } = { balance: undefined, ...request }
        const fusion = balance === undefined ? undefined : ({ type: 'sum', balance } as const)
        const { hits } = await search(client, model, {
          index: name,
          text,
          ...rest,
          form: 'rank_feature',
          feedback: 'off',
          fusion,
          size: 20,
        })
        cases.push({ index: name, text, request, hits: hits.map(({ id, score }) => ({ id, score })) })
      }
    }
  }
  const file = join(folder, 'expected.json')
  writeFileSync(file, JSON.stringify({ cases, foreign }))
  return { file, index }
}

/** What pip says where no index of packages can be reached, as opposed to a requirement that does not exist. */
const UNREACHABLE =
  /from versions: none|connection (broken|refused|reset)|name resolution|timed out|ProxyError/i

/** Python of a virtual environment with what the tests need, kept for the next run; undefined where pip reaches no index. */
async function testPython(): Promise<string | undefined> {
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const folder = join(wantedCacheFolder(packageRoot(), process.env), `python-${hash}`)
  const [python, done] = [join(folder, 'bin', 'python'), join(folder, 'complete')]
  if (existsSync(done)) return python
  rmSync(folder, { recursive: true, force: true })
  await execute('python3', ['-m', 'venv', folder])
  const flags = ['--quiet', '--disable-pip-version-check', '--no-compile', '--only-binary', ':all:']
  const network = ['--retries', '2', '--timeout', '20']
  try {
    await execute(python, ['-m', 'pip', 'install', ...flags, ...network, '--requirement', REQUIREMENTS])
  } catch (error) {
    if (UNREACHABLE.test((error as { stderr?: string }).stderr ?? '')) return undefined
    throw error
  }
  writeFileSync(done, '')
  return python
}

/** Why the package cannot be tested here, or undefined. */
function missing(): string | undefined {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
  const { status } = spawnSync('python3', ['-c', check])
  return status === 0 ? undefined : 'no python3 of 3.10 or newer with venv'
}

const reason = missing()

test.skipIf(reason !== undefined)(
  `the Python package finds what this one finds, and passes its frameworks’ tests${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  { timeout: 400_000 },
  async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'lexpand-python-'))
    cleanUps.push(async () => rmSync(folder, { recursive: true, force: true }))
    const client = testClient(inject('opensearchUrl'))
    cleanUps.push(() => client.close())
    const [python, { file, index }] = await Promise.all([testPython(), expectedHits(client, folder)])
    if (python === undefined) return skip('pip reaches no index of packages')
    const env = {
      ...process.env,
      OPENSEARCH_URL: inject('opensearchUrl'),
      LEXPAND_EXPECTED: file,
      PYTHONPATH: PACKAGE,
      HAYSTACK_TELEMETRY_ENABLED: 'False',
    }
    const { stdout } = await execute(
      python,
      ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-p', 'no:codspeed'],
      {
        cwd: PACKAGE,
        env,
      },
    ).catch((error: { stdout?: string }) => {
      throw new Error(`pytest failed:\n${error.stdout?.slice(-6_000)}`, { cause: error })
    })
    expect(stdout).toMatch(/\d\d passed/)
    expect(stdout).not.toMatch(/skipped|failed|error/)
    // Language models are stubs that repeat their input, which shows that the passages have arrived.
    for (const example of ['langchain-chain.py', 'haystack-pipeline.py']) {
      const said = await execute(python, [join(PACKAGE, '../examples', example), index, '"wing secret"'], {
        env,
      })
      expect(said.stdout, example).toMatch(/- wing secret /)
    }
  },
)
