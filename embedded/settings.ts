import { join } from 'node:path'
import { pluginZip } from './engine/plugin.ts'
import { cacheFolder, createOpen, packageRoot } from './host/cache-folder.ts'
import { EngineError } from './host/errors.ts'
import { serviceUser } from './host/service-user.ts'
import { ServiceSet, type ServiceSetOptions } from './service-set.ts'

/**
 * The settings of the embedded services on this machine. LEXPAND_CACHE (folder), LEXPAND_HEAP (of OpenSearch, default
 * 1g), LEXPAND_JAVA_HOME, LEXPAND_REDIS_SERVER, LEXPAND_OPENSEARCH_VERSION, LEXPAND_DISTRIBUTION_URL and LEXPAND_DISTRIBUTION_SHA512 come from this
 * environment, and from nowhere else.
 *
 * @throws EngineError ENGINE_SETTING, ENGINE_CACHE
 */
export function machineSettings(
  onProgress: (message: string) => void = () => undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Omit<ServiceSetOptions, 'runDirectory' | 'preferredPorts' | 'isShortLived' | 'plugin'> {
  const user = serviceUser()
  return {
    cache: cacheFolder({ root: packageRoot(), environment, user, onProgress }),
    environment,
    user,
    heap: heapSize(environment.LEXPAND_HEAP),
  }
}

/** The services that belong to this checkout or package, on the ports that clients try first. */
export function machineServices(onProgress?: (message: string) => void): ServiceSet {
  const settings = machineSettings(onProgress)
  const runDirectory = createOpen(join(settings.cache, 'services'))
  return new ServiceSet({
    ...settings,
    runDirectory,
    isShortLived: false,
    plugin: pluginZip(process.env),
    preferredPorts: { opensearch: 9200, redis: 6379 },
  })
}

/** @returns a size as Java takes it; 1g when none is given */
export function heapSize(given: string | undefined): string {
  if (given === undefined || given === '') return '1g'
  if (/^[1-9]\d*[mg]$/i.test(given)) return given
  throw new EngineError(
    'ENGINE_SETTING',
    `expected LEXPAND_HEAP as a number with m or g, such as 512m or 2g, got ${JSON.stringify(given)}. Correct it, or unset it for 1g.`,
  )
}
