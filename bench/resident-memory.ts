import { readFileSync } from 'node:fs'

/** Largest resident memory of a process so far, MiB; undefined where the system does not tell (only Linux does). */
export function peakResidentMib(pid: number): number | undefined {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kib === undefined ? undefined : Number(kib) / 1024
  } catch {
    return undefined
  }
}
