import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EngineError } from '../host/errors.ts'
import { withLock } from '../host/lock.ts'
import { assemble } from './assembly.ts'
import type { Jdk } from './jdk.ts'
import { copyArtifact } from './maven.ts'
import { embeddedRelease, type Release, releaseOf } from './release.ts'
import { unzip } from './unzip.ts'

const DRAFT = 'fetching-'

export interface DistributionContext {
  readonly cache: string
  /** Its LEXPAND_OPENSEARCH_VERSION names the release. */
  readonly environment: NodeJS.ProcessEnv
  readonly onProgress: (message: string) => void
}

/** Folder of the unpacked engine, whether it exists or not. */
export function distributionHome({ cache, environment }: Omit<DistributionContext, 'onProgress'>): string {
  return homeOf(cache, embeddedRelease(environment))
}

/**
 * The engine's home, downloaded through Maven and unpacked on the first call; a release that is published in pieces is
 * assembled. Maven verifies no checksum of Lexpand's, so the sha256 is verified here. The folder gets its name only when
 * it is complete: a kill leaves a draft, which the next call removes.
 *
 * @throws EngineError ENGINE_NO_MAVEN, ENGINE_FETCH, ENGINE_CHECKSUM, ENGINE_SETTING
 */
export async function fetchDistribution(context: DistributionContext, jdk: Jdk): Promise<string> {
  const { cache, onProgress } = context
  const release = embeddedRelease(context.environment)
  const home = homeOf(cache, release)
  if (existsSync(home)) {
    // Maven of a killed download may have continued for a while.
    removeDrafts(home)
    return home
  }
  const onWait = (pid: number) => onProgress(`process ${pid} is fetching the engine: waiting for it`)
  return withLock(join(cache, 'fetch.lock'), { onWait }, async () => {
    if (existsSync(home)) return home
    await fetchInto(home, release, context, jdk)
    return home
  })
}

/** Called under the lock. */
async function fetchInto(
  home: string,
  release: Release,
  context: DistributionContext,
  jdk: Jdk,
): Promise<void> {
  const { version, zip, parts } = release
  const lends = parts && releaseOf(parts.lender)
  const lender = lends && homeOf(context.cache, lends)
  if (lends !== undefined && lender !== undefined && !existsSync(lender))
    await fetchInto(lender, lends, context, jdk)
  const draft = draftOf(home)
  try {
    const unpacked = join(draft, `opensearch-${version}`)
    if (zip !== undefined) {
      context.onProgress(`fetching OpenSearch ${version} (${zip.megabytes} MB) with Maven, once`)
      await copyArtifact(`org.opensearch.distribution.integ-test-zip:opensearch:${version}:zip`, draft, jdk)
      await assertChecksum(`${unpacked}.zip`, zip.sha256)
      await unpack(`${unpacked}.zip`, jdk)
    }
    if (parts !== undefined && lender !== undefined)
      await assemble(unpacked, release, parts, { jdk, lender, onProgress: context.onProgress })
    makeReadable(draft)
    renameSync(unpacked, home)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function homeOf(cache: string, { version }: Release): string {
  return join(cache, `opensearch-${version}`)
}

/** A folder for the content of a home in the making. Called under the lock, so earlier drafts of this home are the rest of killed downloads and are removed. */
export function draftOf(home: string): string {
  removeDrafts(home)
  const draft = join(dirname(home), `${DRAFT}${basename(home)}-${randomUUID()}`)
  mkdirSync(draft)
  return draft
}

/** Drafts of other releases stay: another process may be filling them. */
function removeDrafts(home: string): void {
  const prefix = `${DRAFT}${basename(home)}-`
  for (const name of readdirSync(dirname(home)).filter((entry) => entry.startsWith(prefix))) {
    rmSync(join(dirname(home), name), { recursive: true, force: true })
  }
}

async function assertChecksum(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const got = hash.digest('hex')
  if (got === expected) return
  throw new EngineError(
    'ENGINE_CHECKSUM',
    `expected ${basename(file)} with sha256 ${expected}, got ${got}. Delete the damaged copy in Maven's local repository (org/opensearch/distribution/integ-test-zip) and try again; if it stays, do not trust the source.`,
  )
}

/** Only the unused scripts lose their execute permissions. */
async function unpack(file: string, jdk: Jdk): Promise<void> {
  await unzip(file, dirname(file), jdk, 'Check the free space.')
  rmSync(file)
}

/** The engine may run as another user, whatever the umask of this process. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
}
