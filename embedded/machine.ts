import type { ServiceChoice, ServiceStatus, Services } from './service-set.ts'
import { machineServices } from './settings.ts'

/**
 * Starts the embedded OpenSearch and Redis of this checkout, or finds them running. Safe to call from several
 * processes at once. The first call on a machine fetches the engine. They keep running when this process ends.
 *
 * @throws EngineError with the code, the reason and what to do: see ENGINE_ERRORS
 */
export async function up(choice: ServiceChoice = {}): Promise<Services> {
  return machineServices(choice.onProgress).up(choice)
}

/** Stops the embedded services; their data stays for the next `up`. */
export async function down(choice: ServiceChoice = {}): Promise<{ stopped: string[] }> {
  return machineServices(choice.onProgress).down(choice)
}

/** What runs, where, and how it is; starts and stops nothing. */
export async function status(): Promise<ServiceStatus[]> {
  return machineServices().status()
}
