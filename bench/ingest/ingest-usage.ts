import type { IngestWorkerReport } from './ingest-worker.ts'
import { engineUsage, redisUsage, type Services, type Usage, usageOf } from './process-usage.ts'

export const PARTS = ['driver', 'worker', 'encoder', 'redis', 'opensearch'] as const
export type Part = (typeof PARTS)[number]

export interface Spent {
  /** Processor time of all processes of a kind, without processes that cannot be asked. */
  readonly cpu_seconds: Readonly<Partial<Record<Part, number>>>
  /** Resident memory of the largest process of a kind; on Linux its maximum since the start. */
  readonly resident_bytes: Readonly<Partial<Record<Part, number>>>
}

/** Use of all processes so far. */
export interface Snapshot {
  readonly usage: Readonly<Record<Part, Usage>>
  readonly readMs: number
  readonly encodeMs: number
  readonly writeMs: number
  readonly encoderBusyMs: number
}

export async function snapshot(
  services: Services,
  {
    workerPids,
    encoderPids,
    reports,
  }: {
    readonly workerPids: readonly number[]
    readonly encoderPids: readonly number[]
    readonly reports: readonly IngestWorkerReport[]
  },
): Promise<Snapshot> {
  const usage = {
    driver: usageOf([process.pid]),
    worker: usageOf(workerPids),
    encoder: usageOf(encoderPids),
    redis: await redisUsage(services.redis),
    opensearch: await engineUsage(services.client),
  }
  const sum = (of: (report: IngestWorkerReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0)
  return {
    usage,
    readMs: sum(({ stats }) => stats.readMs),
    encodeMs: sum(({ stats }) => stats.encodeMs),
    writeMs: sum(({ stats }) => stats.writeMs),
    encoderBusyMs: sum(({ encoderBusyMs }) => encoderBusyMs),
  }
}

export function spentBetween(before: Snapshot, after: Snapshot): Spent {
  const cpu: Partial<Record<Part, number>> = {}
  const resident: Partial<Record<Part, number>> = {}
  for (const part of PARTS) {
    const { cpuSeconds, residentBytes } = after.usage[part]
    const start = before.usage[part].cpuSeconds
    if (cpuSeconds !== undefined && start !== undefined) cpu[part] = cpuSeconds - start
    // The fake encoder has no process.
    if (residentBytes !== undefined && residentBytes > 0) resident[part] = residentBytes
  }
  return { cpu_seconds: cpu, resident_bytes: resident }
}
