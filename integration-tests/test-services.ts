import { clearThrowAways, throwAwayServices } from '../embedded/index.ts'
import { type ContainerServices, startContainers, type Wanted } from './fixtures/containers.ts'

/**
 * One engine and one Redis for all integration tests: those of OPENSEARCH_URL and REDIS_URL, else containers where
 * a Docker daemon answers and has or gets the images, else embedded ones. LEXPAND_TEST_SERVICES=containers or
 * =embedded forces one of the last two. Containers and embedded services have ports and data of their own, so that a
 * developer's indices are never touched.
 */
export async function startTestServices(): Promise<ContainerServices> {
  const given = { opensearch: process.env.OPENSEARCH_URL ?? '', redis: process.env.REDIS_URL ?? '' }
  const wanted = { opensearch: given.opensearch === '', redis: given.redis === '' }
  const services = await startServices(wanted)
  return {
    opensearchUrl: wanted.opensearch ? services.opensearchUrl : given.opensearch,
    redisUrl: wanted.redis ? services.redisUrl : given.redis,
    stop: () => services.stop(),
  }
}

async function startServices(wanted: Wanted): Promise<ContainerServices> {
  if (!wanted.opensearch && !wanted.redis) return { opensearchUrl: '', redisUrl: '', stop: async () => {} }
  const choice = process.env.LEXPAND_TEST_SERVICES ?? ''
  if (!['', 'containers', 'embedded'].includes(choice)) {
    throw new Error(`LEXPAND_TEST_SERVICES: expected containers or embedded, got ${JSON.stringify(choice)}.`)
  }
  if (choice === 'embedded') return startEmbedded(wanted)
  try {
    const services = await startContainers(wanted, note)
    note(`containers: ${services.opensearchUrl} ${services.redisUrl}`)
    return services
  } catch (error) {
    if (choice === 'containers') throw error
    note(`embedded services instead of containers: ${error instanceof Error ? error.message : String(error)}`)
    return startEmbedded(wanted)
  }
}

async function startEmbedded(wanted: Wanted): Promise<ContainerServices> {
  const services = await throwAwayServices()
  const stop = async () => {
    await services.remove()
    await clearThrowAways()
  }
  try {
    const { opensearchUrl, redisUrl } = await services.up({ ...wanted, onProgress: note })
    return { opensearchUrl, redisUrl, stop }
  } catch (error) {
    await services.remove()
    throw error
  }
}

function note(message: string): void {
  process.stderr.write(`[setup] ${message}\n`)
}
