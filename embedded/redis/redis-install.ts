import { EngineError } from '../host/errors.ts'
import { lastLines, runCommand } from '../host/run-command.ts'

/** How one system installs its Redis package. */
interface Installer {
  /** The command as a person would type it. */
  readonly shown: string
  /** Whether this account may run it without a question. */
  readonly isAllowed: () => Promise<boolean>
  /** In order; the last command decides. A failure of an earlier one is ignored. */
  readonly commands: readonly (readonly [string, ...string[]])[]
}

/**
 * Installs the system's Redis package where this account may do so without a question.
 *
 * @returns false when the system has neither apt-get nor Homebrew, or the account may not install packages
 * @throws EngineError ENGINE_NO_REDIS when the installation fails
 */
export async function installRedisServer(onProgress: (message: string) => void): Promise<boolean> {
  const installer = await systemInstaller()
  if (installer === undefined || !(await installer.isAllowed())) return false
  onProgress(`no redis-server found: installing it once with: ${installer.shown}`)
  let output = ''
  for (const command of installer.commands) {
    const [program, ...words] = command
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', HOMEBREW_NO_AUTO_UPDATE: '1' }
    const result = await runCommand(program, words, { env, timeoutMs: 300_000 })
    const isInstall = words.includes('install')
    if (isInstall && result?.exitCode === 0) return true
    output = `exit status ${result?.exitCode}, after:\n${lastLines(result?.stderr ?? '')}\n`
  }
  throw new EngineError(
    'ENGINE_NO_REDIS',
    `expected ${installer.shown} to succeed, got ${output}. Correct it, name a redis-server in LEXPAND_REDIS_SERVER, or a running Redis in REDIS_URL.`,
  )
}

/** The command that installs Redis on this system; undefined where it is not known. */
export async function installCommand(): Promise<string | undefined> {
  return (await systemInstaller())?.shown
}

async function systemInstaller(): Promise<Installer | undefined> {
  if ((await runCommand('apt-get', ['--version'])) !== undefined) return aptGet()
  if ((await runCommand('brew', ['--version'])) !== undefined) return homebrew()
  return undefined
}

const APT_INSTALL = ['install', '--yes', '--no-install-recommends', 'redis-server']

function aptGet(): Installer {
  const isRoot = process.getuid?.() === 0
  const prefix: readonly [string, ...string[]] = isRoot
    ? ['apt-get']
    : ['sudo', '--non-interactive', 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  return {
    shown: `${isRoot ? '' : 'sudo '}apt-get install redis-server`,
    isAllowed: async () =>
      isRoot || (await runCommand('sudo', ['--non-interactive', 'true']))?.exitCode === 0,
    // A new machine often has no package lists, or outdated ones.
    commands: [
      [...prefix, ...APT_INSTALL],
      [...prefix, 'update'],
      [...prefix, ...APT_INSTALL],
    ],
  }
}

/** Homebrew refuses to run as root. */
function homebrew(): Installer {
  return {
    shown: 'brew install redis',
    isAllowed: async () => process.getuid?.() !== 0,
    commands: [['brew', 'install', 'redis']],
  }
}
