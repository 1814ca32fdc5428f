// Runs the integration tests on each release of OpenSearch that Lexpand knows, and writes docs/versions.md:
// `npm run report:matrix [-- --versions 2.19.6,3.9.0] [--short] [FILE...]`. Each release replaces its own column only;
// with FILEs (such as `mappings` or `plugin/`) the column has these alone.
// `--short` runs what differs most between releases, in three minutes, and writes nothing: for CI.
// Exit status 0 all passed, 1 something failed, 3 when this machine cannot get or run a release.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { findEngine } from '../embedded/engine/engine-home.ts'
import { pluginZip } from '../embedded/engine/plugin.ts'
import { RELEASES, releaseOf } from '../embedded/engine/release.ts'
import { EngineError } from '../embedded/host/errors.ts'
import { versionAtLeast } from '../embedded/host/versions.ts'
import { machineSettings } from '../embedded/settings.ts'
import { machine } from '../measure/machine.ts'
import { writeGeneratedBlock } from './generated-block.ts'
import { commit, projectFile } from './report-source.ts'
import { matrixPage } from './tables/matrix-page.ts'
import { outcomesOf, type VersionRun } from './tables/version-run.ts'

/** Tests of what is asked of an engine; the other tests are about Redis, charts, packages and kills. */
const FILES = [
  ...[
    'audit',
    'dead-letters',
    'engine',
    'forget',
    'impacts',
    'ingest-pipeline',
    'lexical-fields',
    'mappings',
  ],
  ...['reindex', 'search', 'search-hybrid', 'sweep', 'two-phase', 'plugin/', 'clusters/privileges/'],
]
/** Mapping, hook, paging by sequence number and shard, queries and their scores: what an older engine could lack. */
const SHORT = ['mappings', 'ingest-pipeline', 'audit', 'search-hybrid', 'two-phase']
const MISSING = 3
const RUNS = projectFile('docs/versions')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { versions: { type: 'string' }, short: { type: 'boolean', default: false } },
})
const versions = values.versions?.split(',') ?? RELEASES.map(({ version }) => version)
const chosen = positionals.length > 0 ? positionals : values.short ? SHORT : FILES
const isWritten = !values.short

let status = 0
for (const version of versions.map((given) => releaseOf(given).version)) {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    LEXPAND_OPENSEARCH_VERSION: version,
    LEXPAND_TEST_SERVICES: 'embedded',
    // A server of the caller's is of some other release.
    OPENSEARCH_URL: '',
  }
  const run = await runVersion(version, environment).catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error
    process.stderr.write(`[matrix] SKIPPED ${version}: ${error.message}\n`)
    return undefined
  })
  if (run === undefined) {
    status = status === 0 ? MISSING : status
    continue
  }
  if (run.files.length === 0 || run.files.some(({ failed }) => failed.length > 0)) status = 1
  process.stdout.write(`${matrixPage([run])}\n`)
  if (isWritten) writeFileSync(join(RUNS, `${version}.json`), `${JSON.stringify(run, undefined, 2)}\n`)
}
if (isWritten) writeGeneratedBlock(projectFile('docs/versions.md'), 'matrix', matrixPage(storedRuns()))
process.exitCode = status

async function runVersion(version: string, environment: NodeJS.ProcessEnv): Promise<VersionRun> {
  const startedAt = performance.now()
  const say = (message: string) => void process.stderr.write(`[matrix] ${version}: ${message}\n`)
  const { jdk } = await findEngine({ ...machineSettings(say, environment), onProgress: say })
  const plugin = values.short ? 'the short form leaves it out.' : pluginFor(environment)
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-matrix-'))
  try {
    const report = join(folder, 'report.json')
    const files = chosen.map((name) => `integration-tests/${name}${name.endsWith('/') ? '' : '.test.ts'}`)
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const call = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'integration', ...reporters, ...files]
    spawnSync(process.execPath, call, { cwd: projectFile('.'), env: environment, stdio: ['ignore', 2, 2] })
    const { date, cores, processor, memory_gib } = machine()
    return {
      version,
      date,
      commit: commit(),
      machine: `${cores} cores of ${processor}, ${memory_gib} GiB`,
      java: jdk.version,
      plugin,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      files: outcomesOf(JSON.parse(readFileSync(report, 'utf8'))),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Builds it where it is missing. @returns why it could not be built */
function pluginFor(environment: NodeJS.ProcessEnv): true | string {
  if (pluginZip(environment) !== undefined) return true
  const built = spawnSync(process.execPath, [projectFile('scripts/build-plugin.ts')], {
    env: environment,
    encoding: 'utf8',
  })
  if (built.status === 0) return true
  const lines = stripVTControlCharacters(`${built.stdout}\n${built.stderr}`).split('\n')
  const said = lines.find((line) => /ERROR|\[plugin\]/.test(line))?.replace('[ERROR] ', '')
  return `it does not build for this release on this machine (${said?.trim() ?? 'no reason given'}).`
}

function storedRuns(): VersionRun[] {
  const runs = readdirSync(RUNS).map(
    (name) => JSON.parse(readFileSync(join(RUNS, name), 'utf8')) as VersionRun,
  )
  return runs.sort((a, b) => (versionAtLeast(a.version, b.version) ? 1 : -1))
}
