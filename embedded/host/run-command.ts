import { spawn } from 'node:child_process'

/** The end of a short-lived command. `exitCode` is null when a signal or the time limit ended it. */
export interface CommandResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined
}

/**
 * Runs a program with an argument array, never through a shell, and collects its output (the last 64 kB).
 *
 * @returns undefined when there is no such program
 */
export function runCommand(
  command: string,
  commandArguments: readonly string[],
  { cwd, env, timeoutMs = 30_000 }: CommandOptions = {},
): Promise<CommandResult | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout = (stdout + chunk).slice(-65_536).toWellFormed()
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-65_536).toWellFormed()
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined)
      else reject(error)
    })
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}

/** The last lines of a program's output, for an error message. */
export function lastLines(text: string, count = 15): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
