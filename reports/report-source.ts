import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs the command line of this checkout and parses its JSON; its messages for people go to the terminal. */
export function lexpandJson<T>(callArguments: readonly string[]): T {
  return JSON.parse(lexpandText(callArguments)) as T
}

/** Standard output of a call, as it was printed. */
export function lexpandText(callArguments: readonly string[]): string {
  const call = [projectFile('cli/main.ts'), ...callArguments]
  return execFileSync(process.execPath, call, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  })
}

/** Short hash of the commit that is checked out. */
export function commit(): string {
  const call = ['-C', projectFile('.'), 'describe', '--always', '--dirty']
  return execFileSync('git', call, { encoding: 'utf8' }).trim()
}

export function projectFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}
