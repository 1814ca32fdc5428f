import { join } from 'node:path'
import { packageRoot, wantedCacheFolder } from '../../embedded/host/cache-folder.ts'
import { openVectorCache, type VectorCache } from '../../workers/index.ts'
import type { Configuration } from '../shell/configuration.ts'

/**
 * The vector cache of this machine: the named file, else `vectors.sqlite` beside the models in the cache folder.
 * Workers of all models share it.
 *
 * @returns undefined when it is off
 */
export function machineVectorCache(
  { vectorCache, vectorCacheBytes }: Configuration,
  onWarning: (message: string) => void,
): VectorCache | undefined {
  if (vectorCache === 'off') return undefined
  const file = vectorCache ?? join(wantedCacheFolder(packageRoot(), process.env), 'vectors.sqlite')
  return openVectorCache({ file, maxBytes: vectorCacheBytes, onWarning })
}
