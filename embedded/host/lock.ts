import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from './errors.ts'
import { isRunning, markProcess, type ProcessMark } from './processes.ts'

export interface LockOptions {
  /** Called once, when another process holds the lock. */
  readonly onWait?: ((holderPid: number) => void) | undefined
  /** Milliseconds. A first start downloads and starts the engine under the lock. @default 600000 */
  readonly timeoutMs?: number | undefined
}

/**
 * Runs `action` while no other process on this machine holds the same lock file. The file names its holder; if the
 * holder no longer exists (killed, machine restarted), the lock is taken over.
 *
 * @throws EngineError ENGINE_LOCK after `timeoutMs`
 */
export async function withLock<T>(
  file: string,
  { onWait, timeoutMs = 600_000 }: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const content = JSON.stringify({ ...markProcess(process.pid), token: randomUUID() })
  const deadline = performance.now() + timeoutMs
  let told = false
  while (!tryCreate(file, content)) {
    const found = read(file)
    const holder = found === undefined ? undefined : holderOf(found)
    if (found !== undefined && (holder === undefined || !isRunning(holder))) {
      removeIfStill(file, found)
      continue
    }
    if (holder !== undefined && !told) {
      told = true
      onWait?.(holder.pid)
    }
    if (performance.now() > deadline) {
      throw new EngineError(
        'ENGINE_LOCK',
        `expected the lock ${file} to come free, got process ${holder?.pid} still holding it after ${Math.round(timeoutMs / 1000)} s. End that process, then try again.`,
      )
    }
    await sleep(100)
  }
  try {
    return await action()
  } finally {
    if (read(file) === content) rmSync(file, { force: true })
  }
}

/** A link appears with its whole content or not at all, so no process reads half a lock. */
function tryCreate(file: string, content: string): boolean {
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, content)
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/**
 * Two processes may find the same stale lock. The slower one could move away the lock that the quicker one has just
 * made, so the moved file is compared and put back unless it is the stale one.
 */
function removeIfStill(file: string, stale: string): void {
  const aside = `${file}.${randomUUID()}`
  try {
    renameSync(file, aside)
  } catch {
    // Another process has removed it.
    return
  }
  if (read(aside) !== stale) {
    try {
      linkSync(aside, file)
    } catch {
      // A third process holds the lock by now; the owner of the moved lock notices the loss at its end.
    }
  }
  rmSync(aside, { force: true })
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function holderOf(content: string): ProcessMark | undefined {
  try {
    const { pid, began } = JSON.parse(content) as Partial<ProcessMark>
    return typeof pid === 'number' && typeof began === 'string' ? { pid, began } : undefined
  } catch {
    return undefined
  }
}
