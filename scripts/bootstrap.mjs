// Sets a bare checkout up and runs one of its jobs: `node scripts/bootstrap.mjs demo|test [ARGUMENT...]`.
// Needs nothing but Node 18 and npm: packages, Node 24, the engine and Redis are brought by itself.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeProgram, runNpm, startNpm } from '../bin/node-24.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Exit status of scripts/build-plugin.ts and reports/report-matrix.ts. */
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
process.exitCode = await JOBS[job](rest)

function installPackages() {
  if (areInstalled(readLock('package-lock.json'), readLock('node_modules/.package-lock.json'))) return
  process.stderr.write('installing the npm packages of package-lock.json\n')
  // No package needs its install script (onnxruntime-node contains its CPU library; its script would download the one
  // for GPUs), and npm runs such scripts only where they are allowed, so they are never run.
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
    // There are no packages yet.
    return {}
  }
}

function runDemo(demoArguments) {
  return statusOf(
    spawnSync(node, ['bin/lexpand.mjs', 'demo', ...demoArguments], { cwd: root, stdio: 'inherit' }),
  )
}

/**
 * Lint, types and unit tests run beside the plugin's build and the engine's start: each of the three waits for files or
 * for one processor most of the time. Then come the integration tests, then the chaos run, then a few tests on the oldest OpenSearch. What fails first ends it.
 */
async function runTests(testArguments) {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-test-'))
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const suite = async (script, run) => {
    const report = join(folder, `${script.replace(':', '-')}.json`)
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const status = await run([script, '--', ...reporters, ...testArguments])
    addCounts(counts, report)
    return status
  }
  const services = startServices()
  const checks = async (run) => (await run(['check'])) || suite('test:unit', run)
  const plugin = async (run) => {
    const built = await buildPlugin(run)
    addPluginCounts(counts)
    return built
  }
  let status = await together({ 'lint, types and unit tests': checks, 'the plugin and its tests': plugin })
  try {
    if (status === 0) {
      const environment = { ...process.env, ...(await services.urls) }
      status = await suite('test:integration', (script) => npmRun(script, environment))
    }
  } catch (error) {
    process.stderr.write(`[bootstrap] ${error instanceof Error ? error.message : error}\n`)
    status = 1
  }
  await services.stop()
  // Arguments choose tests of the other suites.
  if (status === 0 && testArguments.length === 0) {
    status = npmRun(['chaos'])
    counts[status === 0 ? 'passed' : 'failed']++
    if (status === 0) status = testOldest(counts)
  }
  rmSync(folder, { recursive: true, force: true })
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  return status
}

/** Needs a JDK of its own age: where there is none, the default release has been tested all the same. */
function testOldest(counts) {
  const status = npmRun(['test:oldest'])
  counts[status === 0 ? 'passed' : status === MISSING_TOOLS ? 'skipped' : 'failed']++
  if (status !== MISSING_TOOLS) return status
  process.stderr.write('[bootstrap] SKIPPED: the tests on the oldest OpenSearch (see above)\n')
  return 0
}

/** The engine and the Redis of the integration tests, in a process that stops them when this one lets go. */
function startServices() {
  const holder = spawn(node, ['scripts/test-services.ts'], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(holder, 'close')
  let printed = ''
  holder.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text
  })
  const urls = Promise.race([
    (async () => {
      while (!printed.includes('\n')) await once(holder.stdout, 'data')
      return JSON.parse(printed)
    })(),
    ended.then(() => {
      throw new Error(
        'expected the services of the integration tests to start, got the failure above. Correct it.',
      )
    }),
  ])
  // Whether they started is asked for later, or never when something else fails first.
  urls.catch(() => undefined)
  const stop = async () => {
    holder.stdin.end()
    await ended
  }
  return { urls, stop }
}

/**
 * Runs jobs at once, each given a function that runs an npm script. What a job prints is shown in one piece when it
 * ends; the first that fails ends the others.
 *
 * @returns the first exit status that is not 0, else 0
 */
async function together(jobs) {
  const children = new Set()
  const end = () => {
    for (const child of children) endGroup(child)
  }
  const interrupt = (signal) => {
    end()
    process.exitCode = signal === 'SIGINT' ? 130 : 143
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  let status = 0
  await Promise.all(
    Object.entries(jobs).map(async ([name, job]) => {
      let printed = ''
      const run = async (npmArguments) => {
        if (status !== 0 || process.exitCode) return status || process.exitCode
        const child = startNpm(['run', '--silent', ...npmArguments], { cwd: root, detached: true }, node)
        children.add(child)
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding('utf8').on('data', (text) => {
            printed += text
          })
        }
        const [code] = await once(child, 'close')
        children.delete(child)
        return code ?? 1
      }
      const own = await job(run)
      process.stdout.write(`[bootstrap] ${name}: ${own === 0 ? 'passed' : 'FAILED'}\n${printed}`)
      if (own === 0 || status !== 0) return
      status = own
      end()
    }),
  )
  process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt)
  return process.exitCode || status
}

/** A job is npm, its shell and what that started; all are in a group of their own. */
function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGTERM')
  } catch (error) {
    // It has just ended by itself.
    if (error.code !== 'ESRCH') throw error
  }
}

/** Without Maven or a JDK all other tests still run: integration tests of the plugin skip themselves. */
async function buildPlugin(run) {
  // Reports and zip of an earlier build say nothing about this source.
  rmSync(join(root, 'plugin', 'target'), { recursive: true, force: true })
  const status = await run(['plugin:build', '--', '--test'])
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

function npmRun(npmArguments, env = process.env) {
  return statusOf(runNpm(['run', '--silent', ...npmArguments], { cwd: root, stdio: 'inherit', env }, node))
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
