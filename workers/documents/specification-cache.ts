import type { Client } from '@opensearch-project/opensearch'
import { type InstalledIndex, readInstalledIndex } from '../../mappings/compatibility.ts'

/** The cache expires because an index may get another specification while the worker runs. */
const SPECIFICATION_MS = 10_000

/** `readInstalledIndex` that asks the engine at most once in ten seconds for each index. */
export function cachedIndices(client: Client): (index: string) => Promise<InstalledIndex> {
  const cache = new Map<string, { readonly installed: InstalledIndex; readonly until: number }>()
  return async (index) => {
    const cached = cache.get(index)
    if (cached !== undefined && performance.now() < cached.until) return cached.installed
    const installed = await readInstalledIndex(client, index)
    cache.set(index, { installed, until: performance.now() + SPECIFICATION_MS })
    return installed
  }
}
