import { createHash } from 'node:crypto'
import { chmodSync, createReadStream, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EngineError } from '../host/errors.ts'
import { withLock } from '../host/lock.ts'
import { lastLines, runCommand } from '../host/run-command.ts'
import type { ServiceUser } from '../host/service-user.ts'
import { download, downloadText } from '../web/download.ts'
import type { WebContext } from '../web/web-request.ts'
import { draftOf } from './distribution.ts'
import { archiveAddress, archiveName } from './distribution-address.ts'
import { inspectJdk, type Jdk } from './jdk.ts'
import { embeddedRelease } from './release.ts'

export interface MinimalContext extends WebContext {
  readonly cache: string
  /** The account that must be able to run the distribution's Java. */
  readonly user: ServiceUser | undefined
  readonly onProgress: (message: string) => void
}

/** An unpacked engine and the Java that runs it. */
export interface Engine {
  readonly home: string
  readonly jdk: Jdk
}

/** A download takes minutes; another process that needs the archive waits for at most this time. */
const FETCH_MS = 3_600_000

/** Folder of OpenSearch's minimal distribution, whether it exists or not: a node with a JDK, for one kind of machine. */
export function minimalHome({ cache, environment }: Pick<MinimalContext, 'cache' | 'environment'>): string {
  return join(cache, `opensearch-min-${embeddedRelease(environment).version}`)
}

/**
 * The minimal distribution published by the OpenSearch project, downloaded and unpacked on the first call. An
 * interrupted download continues where it was. Its SHA-512 is compared with LEXPAND_DISTRIBUTION_SHA512, else with the
 * digest published beside the archive; the latter only proves that the archive is complete, since both come from the
 * same address.
 *
 * @throws EngineError ENGINE_FETCH, ENGINE_CHECKSUM, ENGINE_SETTING
 */
export async function fetchMinimal(context: MinimalContext): Promise<Engine> {
  const home = minimalHome(context)
  const onWait = (pid: number) => context.onProgress(`process ${pid} is fetching the engine: waiting for it`)
  if (!existsSync(home)) {
    await withLock(join(context.cache, 'fetch.lock'), { onWait, timeoutMs: FETCH_MS }, async () => {
      if (existsSync(home)) return
      await unpack(await fetchArchive(context), home, context)
    })
  }
  return { home, jdk: await bundledJdk(home, context) }
}

/** @returns path of the complete archive with the right digest */
async function fetchArchive(context: MinimalContext): Promise<string> {
  const url = archiveAddress(context.environment)
  const digest = await expectedDigest(url, context)
  // The digest in the name: what was begun of another archive is never continued.
  const file = join(context.cache, `download-${digest.slice(0, 16)}-${archiveName(context.environment)}`)
  const isContinued = existsSync(file)
  context.onProgress(
    `${isContinued ? 'going on to fetch' : 'fetching'} OpenSearch ${embeddedRelease(context.environment).version} with its own JDK from ${url.origin}, once`,
  )
  await download({ ...context, url, file, onProgress: inTenths(context.onProgress) })
  let got = await sha512(file)
  if (got !== digest && isContinued) {
    // The stored part may have been damaged, or belong to an archive that was replaced.
    rmSync(file)
    await download({ ...context, url, file, onProgress: inTenths(context.onProgress) })
    got = await sha512(file)
  }
  if (got === digest) return file
  rmSync(file)
  throw new EngineError(
    'ENGINE_CHECKSUM',
    `expected ${url.origin}${url.pathname} with sha512 ${digest}, got ${got}. Try again; if it stays, do not trust the source.`,
  )
}

async function expectedDigest(url: URL, context: MinimalContext): Promise<string> {
  const pinned = context.environment.LEXPAND_DISTRIBUTION_SHA512 || undefined
  const published = new URL(`${url.href}.sha512`)
  const text = pinned ?? (await downloadText(published, context))
  const digest = /^([0-9a-f]{128})(?:\s|$)/i.exec(text.trim())?.[1]?.toLowerCase()
  if (digest !== undefined) return digest
  const origin =
    pinned === undefined ? `at ${published.origin}${published.pathname}` : 'in LEXPAND_DISTRIBUTION_SHA512'
  throw new EngineError(
    'ENGINE_CHECKSUM',
    `expected a SHA-512 (128 hexadecimal digits) ${origin}, got ${JSON.stringify(text.slice(0, 40).toWellFormed())}. Correct it.`,
  )
}

async function sha512(file: string): Promise<string> {
  const hash = createHash('sha512')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Reports every tenth of a download on a line of its own, since the output may be no terminal. */
function inTenths(
  onProgress: (message: string) => void,
): (received: number, total: number | undefined) => void {
  let told: number | undefined
  return (received, total) => {
    if (total === undefined) return
    const tenth = Math.floor((10 * received) / total)
    // The part of an earlier download is no progress of this one.
    if (told === undefined) told = tenth
    if (tenth <= told) return
    told = tenth
    const megabytes = (bytes: number) => Math.round(bytes / 1e6)
    onProgress(`fetched ${megabytes(received)} of ${megabytes(total)} MB`)
  }
}

/** The engine appears under its name only when complete. `tar` is there wherever this distribution runs. */
async function unpack(archive: string, home: string, { environment }: MinimalContext): Promise<void> {
  const draft = draftOf(home)
  try {
    const unpacked = await runCommand('tar', ['-xzf', archive, '--no-same-owner', '-C', draft], {
      timeoutMs: 600_000,
    })
    if (unpacked?.exitCode !== 0) {
      throw new EngineError(
        'ENGINE_FETCH',
        unpacked === undefined
          ? 'expected the command tar, which unpacks the engine once, got none on PATH. Install it.'
          : `expected ${archive} to be unpacked, got exit status ${unpacked.exitCode}. Check the free space. Its last lines:\n${lastLines(unpacked.stderr)}`,
      )
    }
    const [top, ...more] = readdirSync(draft)
    if (top === undefined || more.length > 0 || !existsSync(join(draft, top, 'lib'))) {
      throw new EngineError(
        'ENGINE_FETCH',
        `expected one folder with an engine in ${archiveName(environment)}, got ${JSON.stringify(readdirSync(draft).slice(0, 3))}. Name the address of OpenSearch's minimal distribution.`,
      )
    }
    makeReadable(join(draft, top))
    renameSync(join(draft, top), home)
    rmSync(archive)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** The engine may run as another user, whatever the umask of this process; programs stay executable. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    chmodSync(path, entry.isDirectory() || (statSync(path).mode & 0o111) !== 0 ? 0o755 : 0o644)
  }
}

async function bundledJdk(home: string, { user, environment }: MinimalContext): Promise<Jdk> {
  const place = ['jdk', 'jdk.app/Contents/Home']
    .map((path) => join(home, path))
    .find((path) => existsSync(path))
  const found =
    place === undefined
      ? 'has no jdk folder'
      : await inspectJdk(place, user, embeddedRelease(environment).java)
  if (typeof found !== 'string') return found
  throw new EngineError(
    'ENGINE_NO_JDK',
    `expected an engine with its own JDK in ${home}, got one that ${found}. Delete that folder and try again, or install a JDK.`,
  )
}
