import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { distributionHome } from '../../embedded/engine/distribution.ts'
import { archiveAddress, archiveName } from '../../embedded/engine/distribution-address.ts'
import { findJdk } from '../../embedded/engine/jdk.ts'
import { minimalHome } from '../../embedded/engine/minimal-distribution.ts'
import { EngineError } from '../../embedded/host/errors.ts'
import { runCommand } from '../../embedded/host/run-command.ts'
import { installCommand } from '../../embedded/redis/redis-install.ts'
import { findRedisServer } from '../../embedded/redis/redis-server.ts'
import { findRunningRedis } from '../../embedded/redis/running-redis.ts'
import { machineSettings } from '../../embedded/settings.ts'
import type { Configuration } from '../shell/configuration.ts'
import { note } from '../shell/output.ts'
import { type Check, check, fail, warn } from './doctor-check.ts'

/** The oldest Node that runs the TypeScript sources. */
const MINIMUM_NODE = [22, 22] as const
const GIB = 2 ** 30

/** Checks of this machine. The needs of the embedded services are checked only where these are used. */
export async function machineChecks(configuration: Configuration): Promise<Check[]> {
  const settings = machineSettings(note)
  const isFetched = [distributionHome, minimalHome].some((home) => existsSync(home(settings)))
  const ownEngine = configuration.opensearchUrl === undefined
  const ownRedis = configuration.redisUrl === undefined
  return Promise.all([
    check('node', node),
    ...(ownEngine ? [check('java', () => java(settings))] : []),
    ...(ownEngine ? [check('maven', () => maven(settings, isFetched))] : []),
    ...(ownRedis ? [check('redis-server', () => redisServer(settings))] : []),
    check('disk', () => disk(settings.cache)),
  ])
}

async function node() {
  const { node: version } = process.versions
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor, leastMinor] = MINIMUM_NODE
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return version
  return fail(
    `expected Node ${MINIMUM_NODE.join('.')} or newer, got ${version}. Start with bin/lexpand.mjs, which brings one.`,
  )
}

/** Without a JDK or Maven, `lexpand up` downloads an engine with its own JDK. */
async function java(settings: ReturnType<typeof machineSettings>) {
  try {
    const { version, home } = await findJdk(settings)
    return `${version} in ${home}`
  } catch (error) {
    if (!(error instanceof EngineError) || settings.environment.LEXPAND_JAVA_HOME) throw error
    if (existsSync(minimalHome(settings))) return 'none, and not needed: the engine in the cache has its own'
    return `none: lexpand up will fetch ${archiveAddress(settings.environment)}, which has its own`
  }
}

async function maven({ environment }: ReturnType<typeof machineSettings>, isFetched: boolean) {
  const answer = await runCommand('mvn', ['--version'], { timeoutMs: 30_000 })
  if (answer?.exitCode === 0) return stripVTControlCharacters(answer.stdout).split('\n')[0]?.trim() ?? 'found'
  if (isFetched) return 'not found, and not needed: the engine is in the cache'
  return `not found: lexpand up will fetch ${archiveName(environment)} instead`
}

async function redisServer({ environment, user }: ReturnType<typeof machineSettings>) {
  const server = await findRedisServer(environment, user)
  if (server !== undefined) return `${server.version}, ${server.command}`
  const running = await findRunningRedis()
  if (typeof running !== 'string') return `none on PATH; lexpand up uses the one that runs at ${running.url}`
  const command = await installCommand()
  return warn(
    `no redis-server or valkey-server on PATH, and ${running}: lexpand up tries Docker${command === undefined ? '' : `, then "${command}" where it may`}. Or name one in REDIS_URL.`,
  )
}

async function disk(folder: string) {
  const { bavail, bsize, blocks } = await statfs(folder)
  const free = (bavail * bsize) / GIB
  const share = 100 * (bavail / blocks)
  const found = `${free.toFixed(1)} GiB (${share.toFixed(0)}%) free at ${folder}`
  if (free < 1) return fail(`${found}. Free some, or move the cache with LEXPAND_CACHE.`)
  // OpenSearch assigns no new shards to a node below 15% and makes indices read-only below 5%.
  if (share < 5) return warn(`${found}: below 5% OpenSearch makes indices read-only. Free some.`)
  return found
}
