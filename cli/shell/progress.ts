import { Presets, SingleBar } from 'cli-progress'
import { note } from './output.ts'

/** Progress of one long step, in documents. */
export interface Progress {
  /** @param total documents expected; may grow while a source is still being read */
  update(done: number, total: number): void
  stop(): void
}

/**
 * A bar with done, documents a second and time left on a terminal; elsewhere the same as a line every ten seconds, so
 * that logs stay short. Drawn on stderr: stdout belongs to results.
 */
export function progressBar(label: string): Progress {
  if (!process.stderr.isTTY) return progressLines(label)
  let startedAt: number | undefined
  const bar = new SingleBar(
    {
      format: `${label} {bar} {value}/{total} | {rate} docs/s | {left} left`,
      stream: process.stderr,
      hideCursor: true,
    },
    Presets.shades_classic,
  )
  return {
    update(done, total) {
      // Drawn when there is something to do: waiting for the first document is not part of the rate.
      if (startedAt === undefined) {
        if (total === 0) return
        startedAt = performance.now()
        bar.start(total, done, { rate: '0', left: '?' })
      }
      const rate = done / ((performance.now() - startedAt) / 1000)
      bar.setTotal(total)
      bar.update(done, { rate: rate.toFixed(1), left: rate > 0 ? duration((total - done) / rate) : '?' })
    },
    stop() {
      bar.stop()
    },
  }
}

const LINE_EVERY_MS = 10_000

/** @param write and now: for tests */
export function progressLines(
  label: string,
  write: (line: string) => void = note,
  now: () => number = () => performance.now(),
): Progress {
  let startedAt: number | undefined
  let saidAt = 0
  return {
    update(done, total) {
      if (startedAt === undefined) {
        if (total === 0) return
        startedAt = now()
        saidAt = startedAt
      }
      if (now() - saidAt < LINE_EVERY_MS) return
      saidAt = now()
      const rate = done / ((saidAt - startedAt) / 1000)
      const left = rate > 0 ? duration((total - done) / rate) : '?'
      write(`${label} ${done}/${total} | ${rate.toFixed(1)} docs/s | ${left} left`)
    },
    stop: () => undefined,
  }
}

/** "7 s", "12 min 30 s", "3 h 5 min". */
export function duration(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds))
  if (rounded < 60) return `${rounded} s`
  const minutes = Math.floor(rounded / 60)
  return minutes < 60
    ? `${minutes} min ${rounded % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
