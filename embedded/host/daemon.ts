import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, createReadStream, existsSync, openSync, readFileSync, renameSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from './errors.ts'
import { inNamespace } from './network-place.ts'
import { isRunning, markProcess, type ProcessMark } from './processes.ts'
import { lastLines } from './run-command.ts'
import type { ServiceUser } from './service-user.ts'

export interface DaemonOptions {
  readonly command: string
  readonly arguments: readonly string[]
  readonly cwd: string
  readonly user: ServiceUser | undefined
  /** Network namespace of the process, Linux only and as root. @default the present one */
  readonly namespace?: string | undefined
  /** File for the output; the file of the previous run is kept with the suffix `.1`. */
  readonly logFile: string
  readonly environment?: NodeJS.ProcessEnv | undefined
}

/**
 * Starts a program that outlives this process.
 *
 * @throws EngineError ENGINE_START when it cannot be executed; ENGINE_PORT when it has ended already, because its port
 *   was taken
 */
export async function startDaemon(options: DaemonOptions): Promise<ProcessMark> {
  if (existsSync(options.logFile)) renameSync(options.logFile, `${options.logFile}.1`)
  const log = openSync(options.logFile, 'a', 0o644)
  try {
    const { command, arguments: words, user } = inNamespace(options)
    const child = spawn(command, words, {
      cwd: options.cwd,
      // The environment of this process may hold passwords and JVM flags that the service must not get.
      env: {
        ...pick(process.env, ['PATH', 'LANG', 'LC_ALL', 'TZ', 'LD_LIBRARY_PATH']),
        ...options.environment,
      },
      ...user,
      detached: true,
      stdio: ['ignore', log, log],
    })
    await once(child, 'spawn')
    child.unref()
    const mark = child.pid === undefined ? undefined : markProcess(child.pid)
    if (mark !== undefined) return mark
    throw new Error('it ended at once')
  } catch (cause) {
    const taken = await takenAddress(options.logFile)
    if (taken !== undefined) throw portTaken(options.command, taken, options.logFile)
    throw new EngineError(
      'ENGINE_START',
      `expected ${options.command} to start, got an error. Its log is ${options.logFile}:\n${tail(options.logFile)}`,
      { cause },
    )
  } finally {
    closeSync(log)
  }
}

export interface HealthWait {
  readonly name: string
  readonly mark: ProcessMark
  readonly isHealthy: () => Promise<boolean>
  readonly timeoutMs: number
  readonly logFile: string
}

/**
 * @throws EngineError ENGINE_PORT when the process ended because its port was taken, whatever it printed afterwards;
 *   ENGINE_START with the end of the log when it ends for another reason or the time is up first
 */
export async function waitUntilHealthy({
  name,
  mark,
  isHealthy,
  timeoutMs,
  logFile,
}: HealthWait): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const healthy = await isHealthy()
    const ended = !isRunning(mark)
    // The process has ended but its port is healthy: the port belongs to another process.
    if (healthy && !ended) return
    const taken = ended ? await takenAddress(logFile) : undefined
    if (taken !== undefined) throw portTaken(name, taken, logFile)
    if (ended || performance.now() > deadline) {
      throw new EngineError(
        'ENGINE_START',
        `expected ${name} to answer within ${timeoutMs / 1000} s, got ${ended ? 'a process that ended' : 'no healthy answer'}. Read its log, ${logFile}, which ends with:\n${tail(logFile)}`,
      )
    }
    await sleep(100)
  }
}

function portTaken(name: string, address: string, logFile: string): EngineError {
  return new EngineError(
    'ENGINE_PORT',
    `expected ${name} to listen on ${address}, got a port that another program has taken. Stop that program, or try again for another port. The log is ${logFile}.`,
  )
}

/** The address that a service found taken, from the message of OpenSearch or Redis; its log covers one start only. */
async function takenAddress(logFile: string): Promise<string | undefined> {
  if (!existsSync(logFile)) return undefined
  for await (const line of createInterface({ input: createReadStream(logFile), crlfDelay: Infinity })) {
    if (!/Bind(?:Http|Transport)Exception|Address already in use/.test(line)) continue
    const address = /(?:\d{1,3}\.){3}\d{1,3}:\d{1,5}/.exec(line)?.[0]
    if (address !== undefined) return address
  }
  return undefined
}

function tail(file: string): string {
  try {
    return lastLines(readFileSync(file, 'utf8'), 20)
  } catch {
    return '(no log)'
  }
}

function pick(environment: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  )
}
