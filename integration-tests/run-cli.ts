import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'

/** How a call of the command line ended. */
export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  /** Called with the process as soon as it runs. */
  readonly onStarted?: (child: ChildProcess) => void
}

const BINARY = fileURLToPath(new URL('../bin/lexpand.mjs', import.meta.url))

/** Runs the real binary against the services of the tests, without a terminal. */
export function lexpand(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(process.execPath, [BINARY, ...args], {
    env: {
      ...process.env,
      OPENSEARCH_URL: inject('opensearchUrl'),
      REDIS_URL: inject('redisUrl'),
      NO_COLOR: '1',
      // What an earlier run encoded must not stand in for what this one should.
      LEXPAND_VECTOR_CACHE: 'off',
      ...options.env,
    },
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A command that needs no input may be gone before it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  options.onStarted?.(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    )
  })
}

/** Runs a command with --json and reads its one object. @throws when stdout holds anything else */
export async function lexpandJson(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ code: number | null; stderr: string; result: ReturnType<typeof JSON.parse> }> {
  const { code, stdout, stderr } = await lexpand([...args, '--json'], options)
  try {
    return { code, stderr, result: JSON.parse(stdout) }
  } catch (cause) {
    throw new Error(`expected one JSON object, got ${JSON.stringify(stdout)}\n${stderr}`, { cause })
  }
}
