import { findEngine } from '../engine/engine-home.ts'
import { startOpenSearch } from '../engine/opensearch.ts'
import { EngineError } from '../host/errors.ts'
import type { NetworkPlace } from '../host/network-place.ts'
import { freePort, LOOPBACK } from '../host/ports.ts'
import { machineSettings } from '../settings.ts'
import { type PrivateOpenSearchOptions, type PrivateService, startPrivate } from './private-services.ts'

/** Several nodes of one cluster; each may be killed and brought back. */
export interface PrivateCluster {
  readonly nodes: readonly PrivateService[]
  stop(): Promise<void>
}

export interface PrivateClusterOptions extends PrivateOpenSearchOptions {
  /** Number of nodes, all of them data nodes that may become cluster manager; three survive the loss of one. @default 3 */
  readonly size?: number | undefined
  /** One network for each node, in a namespace of its own. @default all on the loopback address */
  readonly networks?: readonly NetworkPlace[] | undefined
}

const HTTP_PORT = 9200
const TRANSPORT_PORT = 9300

/**
 * Starts a private cluster; each node takes about 0.85 GB and half a minute on two cores.
 *
 * @throws EngineError ENGINE_SETTING when `networks` does not have one entry for each node; any error of starting a
 *   node
 */
export async function startPrivateCluster(options: PrivateClusterOptions = {}): Promise<PrivateCluster> {
  const { size = 3, networks } = options
  if (networks !== undefined && networks.length !== size) {
    throw new EngineError(
      'ENGINE_SETTING',
      `expected a network for each of the ${size} nodes, got ${networks.length}. Give one a node, or none at all.`,
    )
  }
  try {
    return await startOnce(options, size)
  } catch (error) {
    // Each node knows the ports of the others, so one that was taken meanwhile means new ports for all.
    if (!(error instanceof EngineError) || error.code !== 'ENGINE_PORT' || networks !== undefined) throw error
    return startOnce(options, size)
  }
}

async function startOnce(options: PrivateClusterOptions, size: number): Promise<PrivateCluster> {
  const { heap = '512m', isShortLived = true, networks, onProgress = () => undefined } = options
  const settings = machineSettings(onProgress)
  const engine = await findEngine({ ...settings, onProgress })
  const home = options.home ?? engine.home
  const names = Array.from({ length: size }, (_, at) => `lexpand-${at + 1}`)
  const transports = await Promise.all(
    names.map(async (_, at) => {
      const place = networks?.[at]
      return place === undefined
        ? { host: LOOPBACK, port: await freePort(0) }
        : { host: place.nodeAddress, port: TRANSPORT_PORT }
    }),
  )
  const started = await Promise.allSettled(
    names.map((name, at) =>
      startPrivate(
        'opensearch',
        settings.cache,
        (place) =>
          startOpenSearch({
            ...place,
            home,
            jdk: engine.jdk,
            heap,
            isShortLived,
            user: settings.user,
            network: networks?.[at],
            cluster: {
              name,
              names,
              transportPort: transports[at]?.port ?? TRANSPORT_PORT,
              transports: transports.map(({ host, port }) => `${host}:${port}`),
            },
          }),
        networks === undefined ? 0 : HTTP_PORT,
      ),
    ),
  )
  const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  const failure = started.find((result) => result.status === 'rejected')
  if (failure === undefined) return { nodes, stop }
  await stop()
  throw failure.reason
}
