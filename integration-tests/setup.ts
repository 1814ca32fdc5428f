import type { TestProject } from 'vitest/node'
import { clearThrowAways, throwAwayServices } from '../engine/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    opensearchUrl: string
    redisUrl: string
  }
}

/**
 * One engine and one Redis for all integration tests: those of OPENSEARCH_URL and REDIS_URL, else embedded ones on
 * ports and data of their own, so that a developer's indices are never touched. Vitest calls what this returns also
 * after a failure; after a kill, the next run clears what was left.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = { opensearch: process.env.OPENSEARCH_URL ?? '', redis: process.env.REDIS_URL ?? '' }
  const services = await throwAwayServices()
  try {
    const started = await services.up({
      opensearch: given.opensearch === '',
      redis: given.redis === '',
      onProgress: (message) => process.stderr.write(`[setup] ${message}\n`),
    })
    project.provide('opensearchUrl', given.opensearch || started.opensearchUrl)
    project.provide('redisUrl', given.redis || started.redisUrl)
  } catch (error) {
    await services.remove()
    throw error
  }
  return async () => {
    await services.remove()
    await clearThrowAways()
  }
}
