import type { Client } from '@opensearch-project/opensearch'
import { readSpecification } from '../mappings/compatibility.ts'
import type { IndexSpecification } from '../mappings/specification.ts'

/** An index may get another specification while the worker runs. */
const SPECIFICATION_MS = 10_000

/** `readSpecification` that asks the engine once in ten seconds an index. */
export function cachedSpecifications(client: Client): (index: string) => Promise<IndexSpecification> {
  const cache = new Map<string, { readonly specification: IndexSpecification; readonly until: number }>()
  return async (index) => {
    const cached = cache.get(index)
    if (cached !== undefined && performance.now() < cached.until) return cached.specification
    const specification = await readSpecification(client, index)
    cache.set(index, { specification, until: performance.now() + SPECIFICATION_MS })
    return specification
  }
}
