import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from './errors.ts'

/** Identifies a process later, when its id alone may belong to another program. */
export interface ProcessMark {
  readonly pid: number
  /** Start time of the process in the form of this system, unique for the id. */
  readonly began: string
}

/** @returns undefined when there is no such process, or only its exit status is left (a zombie) */
export function markProcess(pid: number): ProcessMark | undefined {
  const began = process.platform === 'linux' ? beganOnLinux(pid) : beganByPs(pid)
  return began === undefined ? undefined : { pid, began }
}

/** Whether this very process still runs, and not merely one with its id. */
export function isRunning(mark: ProcessMark): boolean {
  return markProcess(mark.pid)?.began === mark.began
}

/** Resident memory in bytes; undefined when the system does not tell. */
export function residentMemory(pid: number): number | undefined {
  try {
    const kibibytes =
      process.platform === 'linux'
        ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    // The process has just ended, or this system has no ps; the figure is optional.
    return undefined
  }
}

/**
 * Ends a process: SIGTERM first, SIGKILL when it has not ended in time. Another process with its id is left alone.
 *
 * @param graceMs milliseconds that SIGTERM may take; 0 sends SIGKILL at once
 * @returns false when it had ended already
 * @throws EngineError ENGINE_STOP when it survives, or belongs to another user
 */
export async function endProcess(mark: ProcessMark, graceMs = 30_000): Promise<boolean> {
  if (!isRunning(mark)) return false
  if (graceMs > 0) {
    signal(mark, 'SIGTERM')
    if (await hasEnded(mark, graceMs)) return true
  }
  signal(mark, 'SIGKILL')
  if (await hasEnded(mark, 10_000)) return true
  throw new EngineError(
    'ENGINE_STOP',
    `expected process ${mark.pid} to end after SIGKILL, got one that still runs. See what holds it: ps -o stat,wchan,command -p ${mark.pid}.`,
  )
}

function signal(mark: ProcessMark, name: NodeJS.Signals): void {
  if (!isRunning(mark)) return
  try {
    process.kill(mark.pid, name)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ESRCH') return
    throw new EngineError(
      'ENGINE_STOP',
      `expected to be allowed to stop process ${mark.pid}, got a refusal. Run this as the user who started it.`,
      { cause },
    )
  }
}

async function hasEnded(mark: ProcessMark, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    if (!isRunning(mark)) return true
    await sleep(50)
  }
  return !isRunning(mark)
}

/** Boot id and clock ticks since then: equal only for the same process, even after a restart of the machine. */
function beganOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the program's name in parentheses, may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startTicks] = [fields[0], fields[19]]
    if (state === 'X' || startTicks === undefined) return undefined
    // Killed, but its parent has not asked for its exit status yet. While other threads are still ending, it holds its
    // files, locks and ports, so it is not gone.
    if (state === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1) return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startTicks}`
  } catch {
    // There is no such process, which is the expected answer.
    return undefined
  }
}

function beganByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    const [, state = '', began = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    return began === '' || state.startsWith('Z') ? undefined : began
  } catch {
    // ps exits with 1 when there is no such process.
    return undefined
  }
}
