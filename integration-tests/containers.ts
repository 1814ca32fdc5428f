import {
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  type StartedTestContainer,
  Wait,
} from 'testcontainers'
import { dockerAnswers, REDIS_IMAGE_VERSION } from '../engine/containers.ts'
import { OPENSEARCH_VERSION } from '../engine/distribution.ts'

/** The images of docker-compose.yml. */
const OPENSEARCH_IMAGE = `opensearchproject/opensearch:${OPENSEARCH_VERSION}`
const REDIS_IMAGE = `redis:${REDIS_IMAGE_VERSION}`
/** A gigabyte on a slow line; a machine without a way to a registry is told so at once. */
const PULL_MS = 600_000
/** 12 s on a quiet machine; two busy cores have needed more than a minute. */
const START_MS = 180_000

export interface Wanted {
  readonly opensearch: boolean
  readonly redis: boolean
}

export interface ContainerServices {
  /** Empty when not wanted. */
  readonly opensearchUrl: string
  readonly redisUrl: string
  stop(): Promise<void>
}

/**
 * Starts what is wanted as containers with data of their own, which end with `stop`, or with this process where
 * Testcontainers' reaper runs.
 *
 * @throws Error when Docker does not answer, or an image is neither here nor to be had
 */
export async function startContainers(
  wanted: Wanted,
  onProgress: (message: string) => void,
): Promise<ContainerServices> {
  if (!(await dockerAnswers())) throw new Error('no Docker daemon answers')
  const images = [wanted.opensearch ? OPENSEARCH_IMAGE : [], wanted.redis ? REDIS_IMAGE : []].flat()
  for (const image of images) await bring(image, onProgress)
  const started: StartedTestContainer[] = []
  const stop = async () => void (await Promise.allSettled(started.map((container) => container.stop())))
  const start = async (container: GenericContainer, scheme: string, port: number) => {
    const running = await container.start().catch((cause: Error) => {
      // The reaper ends containers whose test run was killed.
      const reaper =
        'Testcontainers needs the image of its reaper as well, or TESTCONTAINERS_RYUK_DISABLED=true'
      throw new Error(`no container for ${scheme} (${reaper}): ${cause.message}`, { cause })
    })
    started.push(running)
    // "localhost" may be ::1 first, where nothing listens.
    return `${scheme}://${running.getHost().replace('localhost', '127.0.0.1')}:${running.getMappedPort(port)}`
  }
  try {
    const opensearchUrl = wanted.opensearch ? await start(openSearch(), 'http', 9_200) : ''
    const redisUrl = wanted.redis ? await start(redis(), 'redis', 6_379) : ''
    return { opensearchUrl, redisUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function bring(image: string, onProgress: (message: string) => void): Promise<void> {
  const name = ImageName.fromString(image)
  const { image: images } = await getContainerRuntimeClient()
  if (await images.exists(name)) return
  onProgress(`pulling ${image}`)
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${image} within ${PULL_MS / 1_000} s`)), PULL_MS)
  })
  try {
    await Promise.race([images.pull(name), tooLate])
  } catch (cause) {
    throw new Error(`${image} cannot be pulled: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  } finally {
    clearTimeout(timer)
  }
}

function openSearch(): GenericContainer {
  return new LocalContainer(OPENSEARCH_IMAGE)
    .withEnvironment({
      'discovery.type': 'single-node',
      DISABLE_SECURITY_PLUGIN: 'true',
      DISABLE_INSTALL_DEMO_CONFIG: 'true',
      // Compiled for a short life, as the embedded engine of tests is.
      OPENSEARCH_JAVA_OPTS: '-Xms1g -Xmx1g -XX:TieredStopAtLevel=1',
      // A developer's full disk is no reason for read-only indices.
      'cluster.routing.allocation.disk.threshold_enabled': 'false',
    })
    .withExposedPorts(9_200)
    .withWaitStrategy(Wait.forHttp('/_cluster/health?wait_for_status=yellow', 9_200).forStatusCode(200))
    .withStartupTimeout(START_MS)
}

function redis(): GenericContainer {
  return new LocalContainer(REDIS_IMAGE)
    .withCommand(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'])
    .withExposedPorts(6_379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .withStartupTimeout(START_MS)
}

/** Testcontainers opens ports on every address of the machine; these servers have no login. */
class LocalContainer extends GenericContainer {
  protected override async beforeContainerCreated(): Promise<void> {
    const daemon = process.env.DOCKER_HOST ?? ''
    if (daemon !== '' && !daemon.startsWith('unix:')) return
    for (const bindings of Object.values<{ HostIp?: string }[]>(this.hostConfig.PortBindings ?? {})) {
      for (const binding of bindings) binding.HostIp = '127.0.0.1'
    }
  }
}
