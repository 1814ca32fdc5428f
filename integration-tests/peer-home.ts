import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fetchDistribution, OPENSEARCH_VERSION } from '../engine/distribution.ts'
import { findJdk, type Jdk } from '../engine/jdk.ts'
import { withLock } from '../engine/lock.ts'
import { linkFolder, unpackPlugin } from '../engine/plugin.ts'
import { runCommand } from '../engine/run-command.ts'
import { machineSettings } from '../engine/settings.ts'

/** What the `neural_sparse` and `hybrid` queries need beside the plain engine: 18 MB, published as Maven artifacts. */
const PLUGINS = [
  { name: 'opensearch-knn', sha256: 'ac392ca28a39b3bf290648a422ef30cb149dda2963a9d7feb26060e932341c9a' },
  { name: 'neural-search', sha256: '6ef1b206e79391e2e36268e32dc34d27fd8b8a59a8eb0a7393c97d53b038e433' },
]
const PLUGIN_VERSION = `${OPENSEARCH_VERSION}.0`
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'

/**
 * A home of the engine with OpenSearch's own neural-search, in the project's cache: the fetched distribution by hard
 * links (plugins cannot be set apart from the home) and the two plugins fetched through Maven on the first call.
 *
 * @throws Error naming the step that failed
 */
export async function peerHome(onProgress: (message: string) => void = () => undefined): Promise<string> {
  const settings = machineSettings(onProgress)
  const jdk = await findJdk(settings)
  const distribution = await fetchDistribution(settings.cache, jdk, onProgress)
  const home = `${distribution}-neural-search`
  return withLock(join(settings.cache, 'peer.lock'), {}, async () => {
    if (existsSync(home)) return home
    const draft = join(settings.cache, `peer-draft-${randomUUID()}`)
    try {
      linkFolder(distribution, draft)
      for (const plugin of PLUGINS) {
        onProgress(`fetching ${plugin.name} ${PLUGIN_VERSION} with Maven, once`)
        await addPlugin(draft, plugin, jdk)
      }
      renameSync(draft, home)
      return home
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
  })
}

async function addPlugin(home: string, { name, sha256 }: (typeof PLUGINS)[number], jdk: Jdk): Promise<void> {
  const folder = join(home, 'plugins', name)
  mkdirSync(folder, { recursive: true })
  const artifact = `org.opensearch.plugin:${name}:${PLUGIN_VERSION}:zip`
  const environment = { ...process.env, JAVA_HOME: jdk.home }
  await run(
    'mvn',
    ['--quiet', '--batch-mode', COPY_GOAL, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`],
    folder,
    environment,
  )
  const zip = join(folder, `${name}-${PLUGIN_VERSION}.zip`)
  const got = createHash('sha256').update(readFileSync(zip)).digest('hex')
  if (got !== sha256) throw new Error(`expected ${artifact} with sha256 ${sha256}, got ${got}`)
  await unpackPlugin(zip, folder, jdk)
  rmSync(zip)
}

async function run(
  command: string,
  options: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const done = await runCommand(command, options, { cwd, env, timeoutMs: 300_000 })
  if (done?.exitCode === 0) return
  const output = `${done?.stdout ?? ''}${done?.stderr ?? 'no such command'}`.trim().slice(-2_000)
  throw new Error(`expected ${command} to fetch and unpack the peer's plugins, got: ${output}`)
}
