import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { EngineError } from '../host/errors.ts'
import { runCommand } from '../host/run-command.ts'
import { firstClosedFolder, type ServiceUser } from '../host/service-user.ts'
import { versionAtLeast } from '../host/versions.ts'
import { installCommand } from './redis-install.ts'

/** The oldest Redis that BullMQ supports. */
export const MINIMUM_REDIS = '6.2.0'
/** Valkey is a fork of Redis that takes the same arguments. */
const PROGRAMS = ['redis-server', 'valkey-server']

export interface RedisServer {
  readonly command: string
  readonly version: string
}

/**
 * LEXPAND_REDIS_SERVER (which is binding), else the first usable `redis-server` or `valkey-server` on PATH.
 *
 * @returns undefined when there is none on PATH
 * @throws EngineError ENGINE_NO_REDIS when none of those found can be used
 */
export async function findRedisServer(
  environment: NodeJS.ProcessEnv,
  user: ServiceUser | undefined,
): Promise<RedisServer | undefined> {
  const named = environment.LEXPAND_REDIS_SERVER || undefined
  const commands = named === undefined ? onPath(environment.PATH ?? '') : [named]
  let refusal: EngineError | undefined
  for (const command of commands) {
    const origin = named === undefined ? command : `LEXPAND_REDIS_SERVER=${command}`
    const found = await inspect(command, origin, user)
    if (!(found instanceof EngineError)) return found
    refusal ??= found
  }
  if (refusal !== undefined) throw refusal
  return undefined
}

export async function noRedis(): Promise<EngineError> {
  const command = await installCommand()
  return unusable(
    'redis-server or valkey-server on PATH, a Redis at 127.0.0.1:6379, Docker, or the right to install packages',
    'none of them',
    command === undefined ? '' : `Run: ${command}. Or: `,
  )
}

async function inspect(
  command: string,
  origin: string,
  user: ServiceUser | undefined,
): Promise<RedisServer | EngineError> {
  const version = /\bv=(\d+\.\d+\.\d+)/.exec((await runCommand(command, ['--version']))?.stdout ?? '')?.[1]
  if (version === undefined || !versionAtLeast(version, MINIMUM_REDIS)) {
    const expected = `a redis-server of version ${MINIMUM_REDIS} or newer`
    return unusable(expected, `${origin}, version ${version ?? 'unknown'}`)
  }
  const closed = user === undefined ? undefined : firstClosedFolder(realpathSync(command), user)
  if (closed === undefined) return { command, version }
  return unusable(
    `a redis-server that uid ${user?.uid} can run (services of root run as that user)`,
    `${origin}, closed at ${closed}`,
  )
}

function unusable(expected: string, got: string, first = ''): EngineError {
  return new EngineError(
    'ENGINE_NO_REDIS',
    `expected ${expected}, got ${got}. ${first}Install Redis ${MINIMUM_REDIS} or newer, name its program in LEXPAND_REDIS_SERVER, or name a running one in REDIS_URL.`,
  )
}

function onPath(path: string): string[] {
  const folders = path.split(delimiter)
  return PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program))).filter(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
