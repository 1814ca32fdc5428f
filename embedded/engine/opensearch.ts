import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDaemon, waitUntilHealthy } from '../host/daemon.ts'
import { startOnFreePort } from '../host/free-port-start.ts'
import { openSearchHealth } from '../host/health.ts'
import type { NetworkPlace } from '../host/network-place.ts'
import { LOOPBACK } from '../host/ports.ts'
import { endProcess } from '../host/processes.ts'
import type { ServiceUser } from '../host/service-user.ts'
import type { ProcessRecord } from '../host/state.ts'
import type { Jdk } from './jdk.ts'

/** Start-up takes 13 s on a quiet machine and several times that beside other work. */
export const OPENSEARCH_START_MS = 120_000

export interface OpenSearchOptions {
  /** An unpacked distribution. It is only read, so several nodes may share it. */
  readonly home: string
  readonly jdk: Jdk
  /** Gets the folders `config`, `data`, `logs`, `tmp` and `snapshots`; existing `data` stays. */
  readonly dataDirectory: string
  /** Heap of the Java virtual machine, such as `1g` or `512m`. */
  readonly heap: string
  /** For tests: the node starts with half the processor time (10 s instead of 21 s) and then runs slower under load. */
  readonly isShortLived: boolean
  readonly user: ServiceUser | undefined
  /** If this port is taken, another one is used. */
  readonly preferredPort: number
  /** @default a cluster of this node alone */
  readonly cluster?: ClusterMember | undefined
  /** @default the loopback address */
  readonly network?: NetworkPlace | undefined
  readonly onProgress?: ((message: string) => void) | undefined
  /** Called as soon as the process exists, so that it can be found again if this process is killed meanwhile. */
  readonly onSpawned: (record: ProcessRecord) => void
}

/** One node among several on this machine. */
export interface ClusterMember {
  readonly name: string
  /** Names of all nodes that may become cluster manager, this one included. */
  readonly names: readonly string[]
  readonly transportPort: number
  /** host:port of all nodes. */
  readonly transports: readonly string[]
}

/**
 * Starts a node that listens on one address only, by default that of the loopback, and waits until it can be used; a
 * member of a cluster can be used when most of the others have joined.
 *
 * @throws EngineError ENGINE_START with the end of the log, ENGINE_PORT
 */
export function startOpenSearch(options: OpenSearchOptions): Promise<ProcessRecord> {
  return startOnFreePort({ ...options, name: 'OpenSearch' }, (port) => startOnce(options, port))
}

/**
 * Waits until every index is recovered, not only until the node answers. After the time limit a red node counts as
 * usable, because of its other indices.
 */
export async function waitForOpenSearch(
  record: ProcessRecord,
  timeoutMs = OPENSEARCH_START_MS,
): Promise<void> {
  const logFile = openSearchLog(record.dataDirectory)
  const wait = (isHealthy: () => Promise<boolean>, timeoutMs: number) =>
    waitUntilHealthy({ name: 'OpenSearch', mark: record, isHealthy, timeoutMs, logFile })
  await wait(async () => (await openSearchHealth(record.url, record.pid)) !== 'silent', timeoutMs)
  const patience = performance.now() + 20_000
  while ((await openSearchHealth(record.url, record.pid)) === 'red' && performance.now() < patience)
    await sleep(200)
}

async function startOnce(options: OpenSearchOptions, port: number): Promise<ProcessRecord> {
  const { home, jdk, dataDirectory, user, network } = options
  prepare(options, port)
  const mark = await startDaemon({
    command: join(jdk.home, 'bin', 'java'),
    arguments: javaArguments(options),
    cwd: home,
    user,
    namespace: network?.namespace,
    logFile: openSearchLog(dataDirectory),
    environment: { HOME: dataDirectory },
  })
  const record: ProcessRecord = {
    kind: 'process',
    ...mark,
    url: `http://${network?.address ?? LOOPBACK}:${port}`,
    version: versionOf(home),
    dataDirectory,
    startedAt: new Date().toISOString(),
  }
  options.onSpawned(record)
  try {
    // Nodes that start together share the processor.
    await waitForOpenSearch(record, OPENSEARCH_START_MS * (options.cluster?.names.length ?? 1))
  } catch (error) {
    await endProcess(mark, 0)
    throw error
  }
  return record
}

function discovery(cluster: ClusterMember | undefined): Record<string, unknown> {
  if (cluster === undefined) return { 'node.name': 'lexpand', 'discovery.type': 'single-node' }
  return {
    'node.name': cluster.name,
    'transport.port': cluster.transportPort,
    'discovery.seed_hosts': cluster.transports,
    'cluster.initial_cluster_manager_nodes': cluster.names,
  }
}

function openSearchLog(dataDirectory: string): string {
  return join(dataDirectory, 'logs', 'opensearch.log')
}

function prepare({ dataDirectory, user, cluster, network }: OpenSearchOptions, port: number): void {
  const place = (name: string) => join(dataDirectory, name)
  const folders = ['config', 'data', 'logs', 'tmp', 'snapshots']
  // Only the engine's account may read documents.
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  for (const name of folders) mkdirSync(place(name), { recursive: true })
  const settings = {
    'cluster.name': 'lexpand',
    'http.host': network?.address ?? LOOPBACK,
    'transport.host': network?.nodeAddress ?? LOOPBACK,
    'http.port': port,
    ...discovery(cluster),
    'path.data': place('data'),
    'path.logs': place('logs'),
    'path.repo': [place('snapshots')],
    // The disk of a development machine is often over 85% full, which would leave new indices without a shard.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  }
  const yaml = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  writeFileSync(place('config/opensearch.yml'), yaml.join(''))
  writeFileSync(place('config/log4j2.properties'), LOG4J)
  if (user === undefined) return
  // The content of `data` belongs to that user already.
  for (const name of ['.', ...folders, 'config/opensearch.yml', 'config/log4j2.properties']) {
    chownSync(place(name), user.uid, user.gid)
  }
}

/** The stock settings write six log files of up to 2 GB; one log on the console is enough for one machine. */
const LOG4J = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
logger.deprecation.name = org.opensearch.deprecation
logger.deprecation.level = error
`

/** Arguments of the stock start script (`config/jvm.options`), without its logs of garbage collection. */
function javaArguments({ home, jdk, dataDirectory, heap, isShortLived }: OpenSearchOptions): string[] {
  return [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+UseG1GC',
    '-XX:G1ReservePercent=25',
    '-XX:InitiatingHeapOccupancyPercent=30',
    '-Xss1m',
    '-XX:-OmitStackTraceInFastThrow',
    `-XX:ErrorFile=${join(dataDirectory, 'logs', 'hs_err_pid%p.log')}`,
    ...(isShortLived ? ['-XX:TieredStopAtLevel=1'] : []),
    ...(jdk.feature >= 25 ? ['-XX:+UseCompactObjectHeaders'] : []),
    '-Djava.awt.headless=true',
    '-Dfile.encoding=UTF-8',
    '-Djna.nosys=true',
    '-Djava.locale.providers=SPI,CLDR',
    '-Dio.netty.noUnsafe=true',
    '-Dio.netty.noKeySetOptimization=true',
    '-Dio.netty.recycler.maxCapacityPerThread=0',
    '-Dio.netty.allocator.numDirectArenas=0',
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    '-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1',
    `-Djava.io.tmpdir=${join(dataDirectory, 'tmp')}`,
    '--add-modules=jdk.incubator.vector',
    '--add-opens=java.base/java.nio=org.apache.arrow.memory.core,ALL-UNNAMED',
    ...guard(home, jdk),
    `-Dopensearch.path.home=${home}`,
    `-Dopensearch.path.conf=${join(dataDirectory, 'config')}`,
    '-Dopensearch.distribution.type=zip',
    '-Dopensearch.bundled_jdk=false',
    '-cp',
    join(home, 'lib', '*'),
    'org.opensearch.bootstrap.OpenSearch',
  ]
}

/** Arguments that confine plugins: since OpenSearch 3 an agent, which some releases do not publish; before, Java's own security manager. */
function guard(home: string, { feature }: Jdk): string[] {
  const agent = join(home, 'agent', 'opensearch-agent.jar')
  if (existsSync(agent)) return [`-javaagent:${agent}`]
  return feature < 24 ? ['-Djava.security.manager=allow'] : []
}

function versionOf(home: string): string {
  const names = readdirSync(join(home, 'lib'))
  return names.flatMap((name) => /^opensearch-(\d+\.\d+\.\d+)\.jar$/.exec(name)?.[1] ?? [])[0] ?? 'unknown'
}
