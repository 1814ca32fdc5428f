import { join } from 'node:path'
import { EngineError } from '../host/errors.ts'
import { lastLines, runCommand } from '../host/run-command.ts'
import type { Jdk } from './jdk.ts'

/**
 * Unpacks a zip file with `jar`, which comes with every JDK; it drops execute permissions.
 *
 * @param folder existing folder that gets the content
 * @param remedy what a user can do when it fails
 * @throws EngineError ENGINE_FETCH
 */
export async function unzip(file: string, folder: string, jdk: Jdk, remedy: string): Promise<void> {
  const unpacked = await runCommand(join(jdk.home, 'bin', 'jar'), ['--extract', '--file', file], {
    cwd: folder,
    timeoutMs: 300_000,
  })
  if (unpacked?.exitCode === 0) return
  throw new EngineError(
    'ENGINE_FETCH',
    `expected ${file} to be unpacked, got exit status ${unpacked?.exitCode}. ${remedy} Its last lines:\n${lastLines(unpacked?.stderr ?? '')}`,
  )
}
