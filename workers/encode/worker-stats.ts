import type { Encoder } from '../../sparse/encoder.ts'
import type { OnnxEncoder } from '../encoders/onnx.ts'
import { emptyReport, type JobReport } from '../queue/job-report.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Totals of a worker since its start. */
export interface WorkerStats extends Omit<JobReport, 'failures'> {
  /** Jobs done. */
  jobs: number
  /** Jobs given up for good; their documents stay pending. */
  failedJobs: number
  /** Number of times that a job had to wait for the engine. */
  postponed: number
}

const REPORT_EVERY_MS = 10_000

export function emptyStats(): WorkerStats {
  const { failures: _, ...zero } = emptyReport()
  return { ...zero, jobs: 0, failedJobs: 0, postponed: 0 }
}

export function addTo(stats: WorkerStats, { failures: _, ...report }: JobReport): void {
  for (const key of Object.keys(report) as (keyof typeof report)[]) stats[key] += report[key]
}

/** Logs documents per second while there are any, and warns when the graph cuts vectors. */
export function reportProgress(stats: WorkerStats, encoder: Encoder, logger: Logger): NodeJS.Timeout {
  let last = 0
  let cut = 0
  return setInterval(() => {
    const { saturatedWindows = 0 } = encoder as Partial<OnnxEncoder>
    if (saturatedWindows > cut) {
      logger.warn({ saturatedWindows }, "vectors fill all of the graph's K weights: lighter ones are lost")
      cut = saturatedWindows
    }
    const ready = stats.ready - last
    last = stats.ready
    if (ready > 0)
      logger.info({ ...stats, documentsPerSecond: (ready * 1_000) / REPORT_EVERY_MS }, 'encoding')
  }, REPORT_EVERY_MS).unref()
}
