import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished, vi } from 'vitest'

/** An empty folder for one test, open to every account, deleted when the test ends. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-'))
  chmodSync(folder, 0o755)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file that can be executed; the folders above it are made. @returns its path */
export function program(file: string, shellScript: string): string {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${shellScript}\n`, { mode: 0o755 })
  return file
}

/** Makes a test find only the programs in `path`; the real PATH is back when the test ends. */
export function stubPath(path: string): void {
  vi.stubEnv('PATH', path)
  onTestFinished(() => void vi.unstubAllEnvs())
}
