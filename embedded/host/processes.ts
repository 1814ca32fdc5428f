import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from './errors.ts'

/** A process that can be recognised later: by then its number alone may belong to another program. */
export interface ProcessMark {
  readonly pid: number
  /** When the process began, in the words of this system, unique for the number. */
  readonly began: string
}

/** @returns undefined when there is no such process, or only its exit status is left (a zombie) */
export function markProcess(pid: number): ProcessMark | undefined {
  const began = process.platform === 'linux' ? beganOnLinux(pid) : beganByPs(pid)
  return began === undefined ? undefined : { pid, began }
}

/** Tells whether this very process still runs, not merely one with its number. */
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
    // The process has just ended, or this system has no ps: the figure is a courtesy.
    return undefined
  }
}

/**
 * Ends a process: SIGTERM first, SIGKILL when it has not gone in time. A process with its number that is not the
 * marked one is left alone.
 *
 * @param graceMs how long SIGTERM may take; 0 goes straight to SIGKILL
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

/** Boot and clock ticks since then: equal only for the same process, also after a restart of the machine. */
function beganOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startTicks] = [fields[0], fields[19]]
    if (state === 'X' || startTicks === undefined) return undefined
    // Killed, and nobody has asked for its exit status yet. While other threads of it are still ending, it holds its
    // files, locks and ports: not gone.
    if (state === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1) return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startTicks}`
  } catch {
    // No such process: the expected answer.
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
    // ps exits 1 when there is no such process.
    return undefined
  }
}
