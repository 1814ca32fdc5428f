import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EngineError } from '../host/errors.ts'
import { withLock } from '../host/lock.ts'
import { lastLines, runCommand } from '../host/run-command.ts'
import type { Jdk } from './jdk.ts'

export const OPENSEARCH_VERSION = '3.6.0'

/** A whole node without a JDK, published as a Maven artifact by the OpenSearch project. */
const ARTIFACT = {
  coordinate: `org.opensearch.distribution.integ-test-zip:opensearch:${OPENSEARCH_VERSION}:zip`,
  file: `opensearch-${OPENSEARCH_VERSION}.zip`,
  sha256: 'a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286',
  megabytes: 162,
}
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'
/** Prefix of the names of incomplete folders. */
export const DRAFT = 'fetching-'

/** Folder of the unpacked engine, whether it exists or not. */
export function distributionHome(cache: string): string {
  return join(cache, `opensearch-${OPENSEARCH_VERSION}`)
}

/**
 * The engine's home, downloaded through Maven and unpacked on the first call. Maven verifies no checksum of Lexpand's,
 * so the sha256 is verified here. The folder gets its name only when it is complete: a kill leaves a draft, which the
 * next call removes.
 *
 * @throws EngineError ENGINE_NO_MAVEN, ENGINE_FETCH, ENGINE_CHECKSUM
 */
export async function fetchDistribution(
  cache: string,
  jdk: Jdk,
  onProgress: (message: string) => void,
): Promise<string> {
  const home = distributionHome(cache)
  if (existsSync(home)) {
    // Maven of a killed download may have continued for a while.
    removeDrafts(cache)
    return home
  }
  const onWait = (pid: number) => onProgress(`process ${pid} is fetching the engine: waiting for it`)
  return withLock(join(cache, 'fetch.lock'), { onWait }, async () => {
    if (existsSync(home)) return home
    removeDrafts(cache)
    const draft = join(cache, `${DRAFT}${randomUUID()}`)
    mkdirSync(draft)
    try {
      onProgress(`fetching OpenSearch ${OPENSEARCH_VERSION} (${ARTIFACT.megabytes} MB) with Maven, once`)
      await copyArtifact(draft, jdk)
      await assertChecksum(join(draft, ARTIFACT.file))
      await unpack(draft, jdk)
      renameSync(join(draft, `opensearch-${OPENSEARCH_VERSION}`), home)
      return home
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
  })
}

/** Removes the rest of killed downloads; called under the lock. */
export function removeDrafts(cache: string): void {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith(DRAFT))) {
    rmSync(join(cache, name), { recursive: true, force: true })
  }
}

async function copyArtifact(folder: string, jdk: Jdk): Promise<void> {
  const copied = await runCommand(
    'mvn',
    [
      '--quiet',
      '--batch-mode',
      COPY_GOAL,
      `-Dartifact=${ARTIFACT.coordinate}`,
      `-DoutputDirectory=${folder}`,
    ],
    // Runs in a folder without a pom, so that no project of the user is built, and on a JDK that is known to work.
    { cwd: folder, env: { ...process.env, JAVA_HOME: jdk.home }, timeoutMs: 900_000 },
  )
  if (copied === undefined) {
    throw new EngineError(
      'ENGINE_NO_MAVEN',
      `expected the command mvn, which fetches the engine once, got none on PATH. Install Maven, or use a cluster of your own with OPENSEARCH_URL.`,
    )
  }
  if (copied.exitCode !== 0) {
    throw new EngineError(
      'ENGINE_FETCH',
      `expected Maven to fetch ${ARTIFACT.coordinate}, got exit status ${copied.exitCode}. Check that Maven reaches its repository. Its last lines:\n${lastLines(copied.stdout + copied.stderr)}`,
    )
  }
}

async function assertChecksum(file: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const got = hash.digest('hex')
  if (got === ARTIFACT.sha256) return
  throw new EngineError(
    'ENGINE_CHECKSUM',
    `expected ${ARTIFACT.file} with sha256 ${ARTIFACT.sha256}, got ${got}. Delete the damaged copy in Maven's local repository (org/opensearch/distribution/integ-test-zip) and try again; if it stays, do not trust the source.`,
  )
}

/** Unpacks with `jar`, which comes with every JDK and reads zip files; it drops execute permissions, which only the unused scripts have. */
async function unpack(folder: string, jdk: Jdk): Promise<void> {
  const file = join(folder, ARTIFACT.file)
  const unpacked = await runCommand(join(jdk.home, 'bin', 'jar'), ['--extract', '--file', file], {
    cwd: folder,
    timeoutMs: 300_000,
  })
  if (unpacked?.exitCode !== 0) {
    throw new EngineError(
      'ENGINE_FETCH',
      `expected ${file} to be unpacked, got exit status ${unpacked?.exitCode}. Check the free space. Its last lines:\n${lastLines(unpacked?.stderr ?? '')}`,
    )
  }
  rmSync(file)
  makeReadable(folder)
}

/** The engine may run as another user, whatever the umask of this process. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
}
