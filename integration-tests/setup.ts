import type { TestProject } from 'vitest/node'
import { startTestServices } from './test-services.ts'

declare module 'vitest' {
  interface ProvidedContext {
    opensearchUrl: string
    redisUrl: string
  }
}

/** Vitest calls what this returns also after a failure; after a kill, the next run (or Testcontainers' reaper) clears what was left. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = await startTestServices()
  project.provide('opensearchUrl', services.opensearchUrl)
  project.provide('redisUrl', services.redisUrl)
  return () => services.stop()
}
