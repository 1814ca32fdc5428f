import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot, wantedCacheFolder } from '../../embedded/host/cache-folder.ts'

export const run = promisify(execFile)

/** Its module comes from the Go module proxy; releases of the binary are not available everywhere. */
const HELM = 'helm.sh/helm/v4/cmd/helm@v4.3.2'
/** About five minutes of one processor core, once a cache folder. */
const BUILD_MS = 1_200_000

/** Whether Go is installed to build helm; without it the tests of the chart are skipped. */
export async function hasGo(): Promise<boolean> {
  return run('go', ['version']).then(
    () => true,
    () => false,
  )
}

/**
 * The helm of the cache folder, built when it is missing.
 *
 * @throws Error when its modules cannot be downloaded; where CI is not set, the caller may then skip
 */
export async function helmProgram(): Promise<string> {
  const cache = wantedCacheFolder(packageRoot(), process.env)
  const program = join(cache, `helm-${/@v(.*)$/.exec(HELM)?.[1]}`)
  if (existsSync(program)) return program
  const folder = mkdtempSync(join(cache, 'helm-build-'))
  try {
    await run('go', ['install', '-trimpath', '-ldflags=-s -w', HELM], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false' },
      timeout: BUILD_MS,
      maxBuffer: 10_000_000,
    })
    renameSync(join(folder, 'helm'), program)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return program
}
