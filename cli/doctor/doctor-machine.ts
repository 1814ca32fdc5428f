import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { distributionHome } from '../../embedded/engine/distribution.ts'
import { findJdk } from '../../embedded/engine/jdk.ts'
import { runCommand } from '../../embedded/host/run-command.ts'
import { findRedisServer } from '../../embedded/redis/redis-server.ts'
import { machineSettings } from '../../embedded/settings.ts'
import type { Configuration } from '../shell/configuration.ts'
import { note } from '../shell/output.ts'
import { type Check, check, fail, warn } from './doctor-check.ts'

/** The oldest Node that runs the TypeScript sources. */
const MINIMUM_NODE = [22, 22] as const
const GIB = 2 ** 30

/** What this machine has. The embedded services' needs are looked at only where those are used. */
export async function machineChecks(configuration: Configuration): Promise<Check[]> {
  const settings = machineSettings(note)
  const isFetched = existsSync(distributionHome(settings.cache))
  const ownEngine = configuration.opensearchUrl === undefined
  const ownRedis = configuration.redisUrl === undefined
  return Promise.all([
    check('node', node),
    ...(ownEngine ? [check('java', async () => java(await findJdk(settings)))] : []),
    ...(ownEngine ? [check('maven', () => maven(isFetched))] : []),
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

function java({ version, home }: { version: string; home: string }): string {
  return `${version} in ${home}`
}

async function maven(isFetched: boolean) {
  const answer = await runCommand('mvn', ['--version'], { timeoutMs: 30_000 })
  if (answer?.exitCode === 0) return stripVTControlCharacters(answer.stdout).split('\n')[0]?.trim() ?? 'found'
  if (isFetched) return 'not found, and not needed: the engine is in the cache'
  return fail(
    'expected the command mvn, which fetches the engine once, got none. Install Maven, or name a cluster in OPENSEARCH_URL.',
  )
}

async function redisServer({ environment, user }: ReturnType<typeof machineSettings>) {
  const server = await findRedisServer(environment, user)
  if (server !== undefined) return `${server.version}, ${server.command}`
  return warn(
    'no redis-server found: lexpand up will install it with apt-get where it may. Or name one in REDIS_URL.',
  )
}

async function disk(folder: string) {
  const { bavail, bsize, blocks } = await statfs(folder)
  const free = (bavail * bsize) / GIB
  const share = 100 * (bavail / blocks)
  const found = `${free.toFixed(1)} GiB (${share.toFixed(0)}%) free at ${folder}`
  if (free < 1) return fail(`${found}. Free some, or move the cache with LEXPAND_CACHE.`)
  // OpenSearch gives a node no new shards below 15% and makes indices read-only below 5%.
  if (share < 5) return warn(`${found}: below 5% OpenSearch makes indices read-only. Free some.`)
  return found
}
