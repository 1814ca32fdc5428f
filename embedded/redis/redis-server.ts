import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { EngineError } from '../host/errors.ts'
import { lastLines, runCommand } from '../host/run-command.ts'
import { firstClosedFolder, type ServiceUser } from '../host/service-user.ts'
import { versionAtLeast } from '../host/versions.ts'

/** BullMQ asks for this at least. */
export const MINIMUM_REDIS = '6.2.0'

export interface RedisServer {
  readonly command: string
  readonly version: string
}

/**
 * LEXPAND_REDIS_SERVER (which is binding), else `redis-server` on PATH.
 *
 * @returns undefined when there is none on PATH
 * @throws EngineError ENGINE_NO_REDIS when the one found cannot be used
 */
export async function findRedisServer(
  environment: NodeJS.ProcessEnv,
  user: ServiceUser | undefined,
): Promise<RedisServer | undefined> {
  const named = environment.LEXPAND_REDIS_SERVER || undefined
  const command =
    named ??
    (environment.PATH ?? '')
      .split(delimiter)
      .map((folder) => join(folder, 'redis-server'))
      .find(isExecutable)
  if (command === undefined) return undefined
  const origin = named === undefined ? command : `LEXPAND_REDIS_SERVER=${command}`
  const version = /\bv=(\d+\.\d+\.\d+)/.exec((await runCommand(command, ['--version']))?.stdout ?? '')?.[1]
  if (version === undefined || !versionAtLeast(version, MINIMUM_REDIS)) {
    throw unusable(
      `a redis-server of version ${MINIMUM_REDIS} or newer`,
      `${origin}, version ${version ?? 'unknown'}`,
    )
  }
  const closed = user === undefined ? undefined : firstClosedFolder(realpathSync(command), user)
  if (closed !== undefined) {
    throw unusable(
      `a redis-server that uid ${user?.uid} can run (services of root run as that user)`,
      `${origin}, closed at ${closed}`,
    )
  }
  return { command, version }
}

/**
 * Installs the system's Redis package where this account may do so without being asked.
 *
 * @returns false when this is no Debian-like system, or the account may not install packages
 * @throws EngineError ENGINE_NO_REDIS when the installation fails
 */
export async function installRedisServer(onProgress: (message: string) => void): Promise<boolean> {
  const isRoot = process.getuid?.() === 0
  const aptGet = isRoot
    ? ['apt-get']
    : ['sudo', '--non-interactive', 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  const run = ([command = '', ...prefix]: readonly string[], rest: readonly string[]) =>
    runCommand(command, [...prefix, ...rest], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: 300_000,
    })
  if ((await runCommand('apt-get', ['--version'])) === undefined) return false
  if (!isRoot && (await runCommand('sudo', ['--non-interactive', 'true']))?.exitCode !== 0) return false
  onProgress('no redis-server found: installing the package redis-server with apt-get, once')
  const install = ['install', '--yes', '--no-install-recommends', 'redis-server']
  const first = await run(aptGet, install)
  if (first?.exitCode === 0) return true
  // A new machine often has no package lists, or old ones.
  await run(aptGet, ['update'])
  const second = await run(aptGet, install)
  if (second?.exitCode === 0) return true
  throw unusable(
    'apt-get to install redis-server',
    `exit status ${second?.exitCode}, after:\n${lastLines(second?.stderr ?? '')}\n`,
  )
}

export function noRedis(): EngineError {
  return unusable('the command redis-server, or Docker, or the right to install packages', 'none of them')
}

function unusable(expected: string, got: string): EngineError {
  return new EngineError(
    'ENGINE_NO_REDIS',
    `expected ${expected}, got ${got}. Install Redis ${MINIMUM_REDIS} or newer, name its program in LEXPAND_REDIS_SERVER, or name a running one in REDIS_URL.`,
  )
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
