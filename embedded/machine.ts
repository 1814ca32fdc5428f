import type { ServiceChoice, ServiceStatus, Services } from './service-set.ts'
import { machineServices } from './settings.ts'

/**
 * Starts the embedded OpenSearch and Redis of this checkout, or finds them running. Several processes may call it at
 * the same time. The first call on a machine downloads the engine. The services keep running when this process ends.
 *
 * @throws EngineError with code, reason and remedy: see ENGINE_ERRORS
 */
export async function up(choice: ServiceChoice = {}): Promise<Services> {
  return machineServices(choice.onProgress).up(choice)
}

/** Stops the embedded services; their data stays for the next `up`. */
export async function down(choice: ServiceChoice = {}): Promise<{ stopped: string[] }> {
  return machineServices(choice.onProgress).down(choice)
}

/** The embedded services with their addresses and health; starts and stops nothing. */
export async function status(): Promise<ServiceStatus[]> {
  return machineServices().status()
}
