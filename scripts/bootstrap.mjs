// Sets a bare checkout up and runs one of its jobs: `node scripts/bootstrap.mjs demo|test [ARGUMENT...]`.
// Needs nothing but Node 18 and npm: packages, Node 24, the engine and Redis are brought by itself.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeProgram, runNpm } from '../bin/node-24.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Exit status of scripts/build-plugin.ts. */
const MISSING_TOOLS = 3
const JOBS = { demo: runDemo, test: runTests }

const [job, ...rest] = process.argv.slice(2)
if (!Object.hasOwn(JOBS, job ?? '')) {
  process.stderr.write(`usage: node scripts/bootstrap.mjs ${Object.keys(JOBS).join('|')} [ARGUMENT...]\n`)
  process.exit(2)
}

const node = nodeProgram(root)
// npm and its scripts below find that Node first.
process.env.PATH = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`
installPackages()
process.exitCode = JOBS[job](rest)

function installPackages() {
  if (areInstalled(readLock('package-lock.json'), readLock('node_modules/.package-lock.json'))) return
  process.stderr.write('installing the npm packages of package-lock.json\n')
  // No package of ours needs its install script (onnxruntime-node holds its CPU library, its script would fetch the
  // one for GPUs), and npm runs such scripts only where it is allowed to: so never.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund']
  const installed = runNpm(['ci', ...flags], { cwd: root, stdio: ['ignore', 2, 2] }, node)
  if (installed.status === 0) return
  process.stderr.write(
    '[bootstrap] expected npm ci to succeed, got the failure above. Correct it, then try again.\n',
  )
  process.exit(1)
}

/** Compares content, not times: a checkout or a plain `npm install` changes times alone. */
function areInstalled(wanted, installed) {
  return Object.entries(wanted).every(
    ([folder, { version, optional, link }]) =>
      folder === '' || optional || link || installed[folder]?.version === version,
  )
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  } catch {
    // No packages yet.
    return {}
  }
}

function runDemo(demoArguments) {
  return statusOf(
    spawnSync(node, ['bin/lexpand.mjs', 'demo', ...demoArguments], { cwd: root, stdio: 'inherit' }),
  )
}

/** Lint and types, unit tests, the plugin with its tests, integration tests: the first that fails ends the run. */
function runTests(testArguments) {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-test-'))
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const suite = (script) => () => {
    const report = join(folder, `${script.replace(':', '-')}.json`)
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const status = npmRun([script, '--', ...reporters, ...testArguments])
    addCounts(counts, report)
    return status
  }
  let status = 0
  const plugin = () => {
    const built = buildPlugin()
    addPluginCounts(counts)
    return built
  }
  const chaos = () => {
    // Arguments choose tests of the other suites.
    if (testArguments.length > 0) return 0
    const survived = npmRun(['chaos'])
    counts[survived === 0 ? 'passed' : 'failed']++
    return survived
  }
  const check = () => npmRun(['check'])
  for (const step of [check, suite('test:unit'), plugin, suite('test:integration'), chaos]) {
    status = step()
    if (status !== 0) break
  }
  rmSync(folder, { recursive: true, force: true })
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  return status
}

/** Without Maven or a JDK everything else is tested all the same: integration tests of the plugin skip themselves. */
function buildPlugin() {
  // Reports and zip of an earlier build say nothing about this source.
  rmSync(join(root, 'plugin', 'target'), { recursive: true, force: true })
  const status = npmRun(['plugin:build', '--', '--test'])
  if (status !== MISSING_TOOLS) return status
  process.stderr.write(
    '[bootstrap] SKIPPED: the plugin and its tests (Maven or a JDK is missing, see above)\n',
  )
  return 0
}

/** Surefire leaves one report a test class. */
function addPluginCounts(counts) {
  const folder = join(root, 'plugin', 'target', 'surefire-reports')
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder).filter((file) => /^TEST-.*\.xml$/.test(file))) {
    const suite = /<testsuite [^>]*>/.exec(readFileSync(join(folder, name), 'utf8'))?.[0] ?? ''
    const count = (kind) => Number(new RegExp(` ${kind}="(\\d+)"`).exec(suite)?.[1] ?? 0)
    const failed = count('failures') + count('errors')
    counts.failed += failed
    counts.skipped += count('skipped')
    counts.passed += count('tests') - failed - count('skipped')
  }
}

function npmRun(npmArguments) {
  return statusOf(runNpm(['run', '--silent', ...npmArguments], { cwd: root, stdio: 'inherit' }, node))
}

function addCounts(counts, report) {
  let result
  try {
    result = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    // The runner ended before its report: its exit status says so.
    return
  }
  counts.passed += result.numPassedTests
  counts.failed += result.numFailedTests
  counts.skipped += result.numPendingTests + result.numTodoTests
}

function statusOf({ status, signal, error }) {
  if (error !== undefined) throw error
  return status ?? (signal === null ? 1 : 128)
}
