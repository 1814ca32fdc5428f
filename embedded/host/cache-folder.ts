import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { EngineError } from './errors.ts'
import { firstClosedFolder, type ServiceUser } from './service-user.ts'

/** The nearest folder above this file with a package.json: the checkout, or the installed package. */
export function packageRoot(from = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder
  }
}

/** A short name that differs between folders and is the same in every run. */
export function folderHash(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 12)
}

export interface CacheChoice {
  readonly root: string
  readonly environment: NodeJS.ProcessEnv
  /** The account that must have access to the folder; undefined when it is the present one. */
  readonly user: ServiceUser | undefined
  readonly onProgress: (message: string) => void
  /** Parent of a folder that every account can reach. @default /var/tmp */
  readonly openFolder?: string | undefined
}

/**
 * The folder for the engine, its data and its state, created when missing: LEXPAND_CACHE, else `.lexpand` in the
 * checkout, else (package installed under node_modules) `lexpand` in the user's cache folder. Services of root run as
 * another user; if that user has no access to the folder, a folder of the project under /var/tmp replaces it.
 *
 * @throws EngineError ENGINE_CACHE when LEXPAND_CACHE cannot be reached, or the folder under /var/tmp belongs to
 *   another user
 */
export function cacheFolder(choice: CacheChoice): string {
  const wanted = wantedCacheFolder(choice.root, choice.environment)
  const closed = choice.user === undefined ? undefined : firstClosedFolder(wanted, choice.user)
  if (closed === undefined) return createOpen(wanted)
  if (choice.environment.LEXPAND_CACHE) {
    throw new EngineError(
      'ENGINE_CACHE',
      `expected a LEXPAND_CACHE that uid ${choice.user?.uid} can reach (services of root run as that user), got ${wanted}, closed at ${closed}. Choose another folder, or chmod o+x ${closed}.`,
    )
  }
  const substitute = join(choice.openFolder ?? '/var/tmp', `lexpand-${folderHash(choice.root)}`)
  choice.onProgress(`${closed} is closed to the engine's user: its files go to ${substitute} instead`)
  return createOwned(substitute)
}

/** The cache folder if every account could reach it; `bin/node-24.mjs` finds Node by the same rule. */
export function wantedCacheFolder(root: string, environment: NodeJS.ProcessEnv): string {
  if (environment.LEXPAND_CACHE) return resolve(environment.LEXPAND_CACHE)
  if (!root.split(sep).includes('node_modules')) return join(root, '.lexpand')
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lexpand')
}

/** Creates a folder that every account can pass through: mkdir obeys the umask, which may exclude the engine's user. */
export function createOpen(folder: string): string {
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return folder
  for (let created = folder; created.length >= first.length; created = dirname(created))
    chmodSync(created, 0o755)
  return folder
}

/** In a folder where anybody may create names, only a real folder of this account is trusted. */
function createOwned(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const found = lstatSync(folder)
  if (found.isDirectory() && found.uid === process.getuid?.()) {
    chmodSync(folder, 0o755)
    return folder
  }
  throw new EngineError(
    'ENGINE_CACHE',
    `expected ${folder} to be a folder of uid ${process.getuid?.()}, got one of uid ${found.uid}. Remove it, or set LEXPAND_CACHE to another folder.`,
  )
}
