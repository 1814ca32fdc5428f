import type { Client } from '@opensearch-project/opensearch'
import { status } from '../../embedded/index.ts'
import { externalVersion, readInstalledIndex, translateEngineError } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { openSearchClient } from '../../opensearch/client.ts'
import { engineVersion, unfit } from '../../opensearch/engine-version.ts'
import { SERVERLESS_LACKS } from '../../opensearch/login/serverless.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { ingestPipelineName, missingPipelines, unstampedIndices } from '../../pipelines/index.ts'
import { countStates } from '../../workers/documents/index-states.ts'
import { assertRedisSettings, connect, openQueue, type RedisPlace } from '../../workers/index.ts'
import { nameOf } from '../../workers/queue/redis-place.ts'
import type { Configuration } from '../shell/configuration.ts'
import { withoutCredentials } from '../shell/connect.ts'
import { type Check, check, fail, warn } from './doctor-check.ts'
import { pluginCheck } from './doctor-plugin.ts'
import { privilegeChecks } from './privileges/doctor-privileges.ts'
import type { RoleName } from './privileges/roles.ts'

export interface ServiceQuestions {
  readonly configuration: Configuration
  /** Undefined when it could not be loaded; checks that need it are skipped. */
  readonly model: Model | undefined
  /** Index to check, if any. */
  readonly index: string | undefined
  /** Roles whose privileges to check: all when empty, none when undefined. */
  readonly roles: readonly RoleName[] | undefined
}

/** Checks OpenSearch, Redis, the queue and an index. Embedded services are checked, never started. */
export async function serviceChecks({
  configuration,
  model,
  index,
  roles,
}: ServiceQuestions): Promise<Check[]> {
  if (configuration.aws?.service === 'aoss') return [await check('opensearch', async () => serverless())]
  const opensearchUrl = configuration.opensearchUrl ?? (await embeddedUrl('opensearch'))
  const redisUrl = configuration.redisUrl ?? (await embeddedUrl('redis'))
  const client = opensearchUrl === undefined ? undefined : openSearchClient(opensearchUrl, configuration)
  const checks: Promise<Check>[] = [
    check('opensearch', async () =>
      client === undefined || opensearchUrl === undefined
        ? notRunning('OpenSearch')
        : openSearch(client, opensearchUrl),
    ),
    check('redis', async () =>
      redisUrl === undefined ? notRunning('Redis') : redis({ ...configuration.redisSecrets, url: redisUrl }),
    ),
  ]
  if (client !== undefined)
    checks.push(check('plugin', () => pluginCheck(client, packageJson.version), 'warn'))
  if (client !== undefined) checks.push(check('engine disk', () => engineDisk(client), 'warn'))
  if (redisUrl !== undefined && model !== undefined)
    checks.push(check('queue', () => queue({ ...configuration.redisSecrets, url: redisUrl }, model)))
  if (index !== undefined && client !== undefined) {
    checks.push(check('index', () => fitness(client, index, model)))
    checks.push(check('coverage', () => coverage(client, index)))
  }
  const found = await Promise.all(checks)
  if (client === undefined || roles === undefined) return found
  return [...found, ...(await privilegeChecks(client, roles, index))]
}

function serverless() {
  return warn(
    `a Serverless collection: it has ${SERVERLESS_LACKS}. Only lexpand search works there, on an index that was filled elsewhere.`,
  )
}

async function embeddedUrl(name: string): Promise<string | undefined> {
  const found = (await status()).find((service) => service.name === name)
  return found?.state === 'stopped' ? undefined : found?.url
}

function notRunning(service: string) {
  return warn(
    `the embedded ${service} is stopped. Start it with lexpand up; most commands do that by themselves.`,
  )
}

async function openSearch(client: Client, url: string) {
  const place = withoutCredentials(url)
  const version = await engineVersion(client).catch((error: unknown) => {
    throw translateEngineError(error, { part: 'doctor' })
  })
  const reason = unfit(version)
  if (reason !== undefined) return fail(`${place}: ${reason}`)
  const found = `${version.distribution} ${version.number} at ${place}`
  return `${found}, ${await plugins(client)}`
}

async function plugins(client: Client): Promise<string> {
  try {
    const reply = await client.cat.plugins({ format: 'json', h: ['component'] })
    const names = (reply.body as readonly { component?: string }[]).map(({ component }) => component ?? '?')
    const distinct = [...new Set(names)].sort()
    return distinct.length === 0 ? 'no plugins' : `plugins ${distinct.join(', ')}`
  } catch {
    return 'plugins not visible to this user'
  }
}

/** The engine's own default watermarks, in percent used. */
const LOW_WATERMARK = 85
const FLOOD_STAGE = 95

async function engineDisk(client: Client) {
  const reply = await client.cat
    .allocation({ format: 'json', h: ['node', 'disk.percent'] })
    .catch((error: unknown) => {
      throw translateEngineError(error, { part: 'doctor' })
    })
  const nodes = (reply.body as readonly { node?: string; 'disk.percent'?: string }[]).filter(
    (row) => row['disk.percent'] !== undefined && row['disk.percent'] !== null,
  )
  const worst = Math.max(0, ...nodes.map((row) => Number(row['disk.percent'])))
  const found = `${worst}% used on the fullest of ${nodes.length} node(s)`
  if (worst >= FLOOD_STAGE)
    return fail(`${found}: indices turn read-only at ${FLOOD_STAGE}%. Free some disk.`)
  if (worst >= LOW_WATERMARK) return warn(`${found}: no new shards from ${LOW_WATERMARK}%. Free some disk.`)
  return found
}

async function redis(place: RedisPlace) {
  const connection = await connect(place, { role: 'queue' })
  try {
    const info = await connection.info('server')
    const fieldOf = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
    const [server, version = fieldOf('redis_version')] =
      fieldOf('server_name') === 'valkey' ? ['Valkey', fieldOf('valkey_version')] : ['Redis']
    const warnings = await assertRedisSettings(connection)
    const found = `${server} ${version} (${fieldOf('redis_mode') ?? 'unknown mode'}) at ${nameOf(place)}`
    return warnings.length === 0 ? `${found}, noeviction, log on` : warn(`${found}: ${warnings.join(' ')}`)
  } finally {
    connection.disconnect()
  }
}

async function queue(redis: RedisPlace, model: Model) {
  const open = await openQueue({ redis, model })
  try {
    const [waiting, active, failed] = [
      await open.waiting(),
      await open.jobs.getActiveCount(),
      await open.jobs.getFailedCount(),
    ]
    const workers = (await open.jobs.getWorkers()).length
    const found = `${waiting} jobs wait, ${active} run, ${failed} given up; ${workers} worker(s)`
    if (await open.jobs.isPaused()) return warn(`${found}. The queue is paused: run lexpand queue resume.`)
    if (failed > 0)
      return warn(
        `${found}. The documents of jobs given up stay pending: run lexpand sweep and lexpand worker.`,
      )
    if (waiting > 0 && workers === 0) return warn(`${found}. Start lexpand worker.`)
    return found
  } finally {
    await open.close()
  }
}

async function fitness(client: Client, index: string, model: Model | undefined) {
  const installed = await readInstalledIndex(client, index)
  const { specification, vectorType } = installed
  const { name, version, query_table_hash, identity } = specification.model
  const found = `made with ${name} ${version}, fields ${specification.fields.join(', ')} into ${specification.sparse_field} (${vectorType}), fingerprint ${specification.fingerprint}`
  if (
    model !== undefined &&
    (identity !== model.identity || query_table_hash !== model.manifest.query_table_hash)
  ) {
    return warn(
      `${found}: not the model ${model.manifest.name} ${model.manifest.version} of this call. Pass its own with --model.`,
    )
  }
  const reply = await client.indices.getSettings({ index })
  const lacking = await missingPipelines(client, index)
  if (lacking.length > 0) {
    return fail(
      `${found}: expected its ingest pipeline ${lacking.join(', ')} to exist, got none, so that the engine refuses every write. Put it back; for a pipeline of Lexpand, run lexpand index once.`,
    )
  }
  const [unstamped] = await unstampedIndices(client, index)
  if (unstamped !== undefined) {
    const { name: place, pipeline = 'none' } = unstamped
    return warn(
      `${found}: expected the default ingest pipeline of ${place} to call ${ingestPipelineName(place)}, got ${pipeline}, so that changes by other clients are not noticed at once. Run lexpand index once, which chains both.`,
    )
  }
  const { name: concrete } = installed
  const numbered =
    specification.versioning === 'external' ? undefined : await externalVersion(client, concrete)
  if (numbered !== undefined) {
    return fail(
      `${found}: expected versions numbered by the engine, got version ${numbered.version}, which a client numbered (version_type=external): after an update of ours its next version is refused. Run lexpand reindex --index ${index} --versioning external.`,
    )
  }
  const searched = Object.values(reply.body).map(({ settings }) => searchPipelineOf(settings))
  const hiding = searched.find((name) => name !== undefined && name !== '_none')
  if (hiding !== undefined) {
    return warn(
      `${found}: the default search pipeline ${hiding} holds for searches, and for _count, _reindex and _update_by_query, which cannot be told to pass it by. Copy with lexpand reindex, count with lexpand audit: both see what it hides.`,
    )
  }
  return found
}

function searchPipelineOf(settings: unknown): string | undefined {
  const { index } = (settings ?? {}) as { index?: { search?: { default_pipeline?: string } } }
  return index?.search?.default_pipeline
}

async function coverage(client: Client, index: string) {
  const { documents, ready, pending, empty, failed } = await countStates(client, index)
  const share = documents === 0 ? 100 : (100 * (ready + empty)) / documents
  const found = `${share.toFixed(1)}% of ${documents} documents: ${ready} ready, ${pending} pending, ${empty} empty, ${failed} failed`
  if (failed > 0) return warn(`${found}. Failed ones say why in lexpand.error; correct and index them again.`)
  if (pending > 0) return warn(`${found}. Run lexpand sweep --index ${index} and lexpand worker.`)
  return found
}
