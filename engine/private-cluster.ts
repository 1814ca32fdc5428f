import { fetchDistribution } from './distribution.ts'
import { findJdk } from './jdk.ts'
import { startOpenSearch } from './opensearch.ts'
import { freePort } from './ports.ts'
import { type PrivateOpenSearchOptions, type PrivateService, startPrivate } from './private-services.ts'
import { machineSettings } from './settings.ts'

/** Several nodes of one cluster; each may be killed and brought back. */
export interface PrivateCluster {
  readonly nodes: readonly PrivateService[]
  stop(): Promise<void>
}

export interface PrivateClusterOptions extends PrivateOpenSearchOptions {
  /** Nodes, all of them data nodes that may become cluster manager; three survive the loss of one. @default 3 */
  readonly size?: number
}

/** Starts a cluster of its own on the loopback address; about 0.85 GB and half a minute a node on two cores. */
export async function startPrivateCluster(options: PrivateClusterOptions = {}): Promise<PrivateCluster> {
  const { size = 3, heap = '512m', onProgress = () => undefined } = options
  const settings = machineSettings(onProgress)
  const jdk = await findJdk(settings)
  const home = options.home ?? (await fetchDistribution(settings.cache, jdk, onProgress))
  const names = Array.from({ length: size }, (_, at) => `lexpand-${at + 1}`)
  const transportPorts = await Promise.all(names.map(() => freePort(0)))
  const started = await Promise.allSettled(
    names.map((name, at) =>
      startPrivate('opensearch', settings.cache, (place) =>
        startOpenSearch({
          ...place,
          home,
          jdk,
          heap,
          isShortLived: true,
          user: settings.user,
          cluster: { name, names, transportPort: transportPorts[at] as number, transportPorts },
        }),
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
