import { Counter, Gauge, type Registry } from 'prom-client'
import type { WorkerStats } from './encode/worker-stats.ts'
import type { OnnxEncoder } from './encoders/onnx.ts'
import { inTime } from './queue/in-time.ts'
import type { EncodeQueue } from './queue/queue.ts'

/** The states of BullMQ that show whether the queue moves. */
const STATES = ['wait', 'active', 'delayed', 'prioritized', 'failed'] as const

/**
 * Publishes the number of jobs by state and the number of workers; Redis is asked at every scrape. While Redis does not
 * answer, both are absent rather than outdated: an alert must not rest on a number that was not measured.
 */
export function watchQueue(registry: Registry, queue: EncodeQueue): void {
  const registers = [registry]
  new Gauge({
    name: 'lexpand_queue_jobs',
    help: 'Jobs in the queue of this model, by state.',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset()
      const counts = await inTime(queue.jobs.getJobCounts(...STATES))
      for (const state of STATES) {
        if (counts !== undefined) this.set({ state }, counts[state] ?? 0)
      }
    },
  })
  new Gauge({
    name: 'lexpand_queue_workers',
    help: 'Workers connected to the queue of this model.',
    registers,
    async collect() {
      const workers = await inTime(queue.jobs.getWorkersCount())
      // A reset of a metric without labels would publish 0, which means "no worker".
      this.remove()
      if (workers !== undefined) this.set(workers)
    },
  })
  new Gauge({
    name: 'lexpand_queue_paused',
    help: '1 while the queue of this model is paused: no worker takes a job.',
    registers,
    async collect() {
      const isPaused = await inTime(queue.jobs.isPaused())
      this.remove()
      if (isPaused !== undefined) this.set(isPaused ? 1 : 0)
    },
  })
}

/** Publishes the totals of a worker since its start. */
export function watchWorker(registry: Registry, stats: Readonly<WorkerStats>): void {
  const registers = [registry]
  new Counter({
    name: 'lexpand_jobs_total',
    help: 'Jobs of this worker: done, given up after all attempts, or postponed because the engine had no room.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      this.inc({ outcome: 'done' }, stats.jobs)
      this.inc({ outcome: 'failed' }, stats.failedJobs)
      this.inc({ outcome: 'postponed' }, stats.postponed)
    },
  })
  new Counter({
    name: 'lexpand_encoded_word_pieces_total',
    help: 'Word pieces that this worker encoded.',
    registers,
    collect() {
      this.reset()
      this.inc(stats.tokens)
    },
  })
}

/** @param residentBytes gives the memory of a process by its id; undefined where the system does not tell */
export function watchEncoder(
  registry: Registry,
  encoder: OnnxEncoder,
  residentBytes: (pid: number) => number | undefined,
): void {
  const registers = [registry]
  new Gauge({
    name: 'lexpand_encoder_processes',
    help: 'Running encoder processes; they start with the first batch.',
    registers,
    collect() {
      this.set(encoder.processIds.length)
    },
  })
  new Gauge({
    name: 'lexpand_encoder_resident_memory_bytes',
    help: 'Resident memory of all encoder processes.',
    registers,
    collect() {
      this.set(encoder.processIds.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), 0))
    },
  })
  new Counter({
    name: 'lexpand_encoder_restarts_total',
    help: 'Encoder processes started in the place of one that had ended.',
    registers,
    collect() {
      this.reset()
      this.inc(encoder.restarts)
    },
  })
  new Counter({
    name: 'lexpand_encoder_saturated_windows_total',
    help: "Windows whose vector filled all of the graph's K weights, so that lighter ones were lost.",
    registers,
    collect() {
      this.reset()
      this.inc(encoder.saturatedWindows)
    },
  })
}
