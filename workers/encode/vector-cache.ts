import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ExpandedText } from '../../sparse/expand.ts'
import { packVector, unpackVector } from './packed-vector.ts'

/**
 * Vectors made before, by the fingerprint of the specification and the hash of the text. Calls never throw: a cache
 * that fails behaves like an empty one.
 */
export interface VectorCache {
  get(fingerprint: string, textHash: string): ExpandedText | undefined
  set(fingerprint: string, textHash: string, expanded: ExpandedText): void
  close(): void
}

export interface VectorCacheOptions {
  /** The folder is made if it is missing. Several processes of one machine may share the file; network file systems are not supported. */
  readonly file: string
  /**
   * Size of the file in bytes, give or take {@link CHECK_EVERY} vectors; the least recently used vectors make room. A
   * larger existing file does not shrink, but holds no more than this.
   *
   * @default DEFAULT_CACHE_BYTES
   */
  readonly maxBytes?: number | undefined
  /** Called once, with the reason, when the cache cannot be used. */
  readonly onWarning: (message: string) => void
}

/** Room for about 600,000 vectors of 170 word pieces. */
export const DEFAULT_CACHE_BYTES = 1_000_000_000

/** Version of the table; a file with another version is left alone. */
const VERSION = 1
/** A miss costs less than waiting for another process, which would block the event loop that renews job locks. */
const BUSY_MS = 50
/** Resolution of the time of use, in seconds: most reads write nothing. */
const USE_RESOLUTION_S = 600
/** Vectors stored between two looks at the size. */
const CHECK_EVERY = 256
const EVICTED_AT_ONCE = 64
/** Twice the number of new vectors: after the bound was lowered, the file reaches it in steps that take little time. */
const MAX_EVICTIONS = (2 * CHECK_EVERY) / EVICTED_AT_ONCE

/** Opens a cache in one SQLite file. A file that cannot be used gives a warning and an empty cache. */
export function openVectorCache(options: VectorCacheOptions): VectorCache {
  try {
    mkdirSync(dirname(options.file), { recursive: true })
    return new SqliteVectorCache(options)
  } catch (error) {
    options.onWarning(warning(options.file, error))
    return NOTHING
  }
}

const NOTHING: VectorCache = { get: () => undefined, set() {}, close() {} }

class SqliteVectorCache implements VectorCache {
  readonly #options: Required<VectorCacheOptions>
  readonly #database: DatabaseSync
  readonly #find: StatementSync
  readonly #use: StatementSync
  readonly #put: StatementSync
  readonly #size: StatementSync
  readonly #evict: StatementSync
  #sets = 0
  #isBroken = false

  constructor({ maxBytes = DEFAULT_CACHE_BYTES, ...options }: VectorCacheOptions) {
    this.#options = { ...options, maxBytes }
    const database = openDatabase(options.file)
    this.#database = database
    this.#find = database.prepare('SELECT value, used FROM vectors WHERE key = ?')
    this.#use = database.prepare('UPDATE vectors SET used = ? WHERE key = ?')
    this.#put = database.prepare('INSERT OR REPLACE INTO vectors (key, value, used) VALUES (?, ?, ?)')
    this.#size = database.prepare(
      'SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size',
    )
    this.#evict = database.prepare(
      'DELETE FROM vectors WHERE key IN (SELECT key FROM vectors ORDER BY used LIMIT ?)',
    )
  }

  get(fingerprint: string, textHash: string): ExpandedText | undefined {
    return this.#attempt(() => {
      const key = keyOf(fingerprint, textHash)
      const row = this.#find.get(key) as { value: Uint8Array; used: number } | undefined
      const expanded = row === undefined ? undefined : unpackVector(key, row.value)
      if (row === undefined || expanded === undefined) return undefined
      if (seconds() - row.used > USE_RESOLUTION_S) this.#use.run(seconds(), key)
      return expanded
    })
  }

  set(fingerprint: string, textHash: string, expanded: ExpandedText): void {
    this.#attempt(() => {
      const key = keyOf(fingerprint, textHash)
      this.#put.run(key, packVector(key, expanded), seconds())
      if (++this.#sets % CHECK_EVERY === 0) this.#makeRoom()
    })
  }

  close(): void {
    this.#isBroken = true
    if (this.#database.isOpen) this.#database.close()
  }

  #makeRoom(): void {
    for (let step = 0; step < MAX_EVICTIONS; step++) {
      const { bytes } = this.#size.get() as { bytes: number }
      if (bytes <= this.#options.maxBytes) return
      this.#evict.run(EVICTED_AT_ONCE)
    }
  }

  #attempt<T>(step: () => T): T | undefined {
    if (this.#isBroken) return undefined
    try {
      return step()
    } catch (error) {
      if (isBusy(error)) return undefined
      this.close()
      this.#options.onWarning(warning(this.#options.file, error))
      return undefined
    }
  }
}

function openDatabase(file: string): DatabaseSync {
  // Loaded here and not at the top: an older Node lacks it and should say which version it needs instead of failing to link.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  try {
    // With pages of 4 kB, the default, vectors of 1.4 kB would fill only two thirds of a page.
    database.exec('PRAGMA page_size = 16384')
    // Losing the last vectors in a power cut does no harm; a write must not wait for the disk.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const { user_version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
    if (user_version !== 0 && user_version !== VERSION) {
      throw new Error(`it has layout ${user_version}, this version of Lexpand reads ${VERSION}`)
    }
    database.exec(
      `BEGIN IMMEDIATE;
       CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL);
       CREATE INDEX IF NOT EXISTS vectors_used ON vectors (used);
       PRAGMA user_version = ${VERSION};
       COMMIT`,
    )
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function keyOf(fingerprint: string, textHash: string): Buffer {
  return createHash('sha256').update(`${fingerprint}:${textHash}`).digest()
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000)
}

/** SQLITE_BUSY and SQLITE_LOCKED mean that another process is writing at this moment. */
function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: number }
  return errcode !== undefined && ((errcode & 0xff) === 5 || (errcode & 0xff) === 6)
}

function warning(file: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  return `[vector cache] expected a usable file ${file}, got: ${reason}. Going on without it; delete it (with its -wal and -shm) or choose another with --vector-cache.`
}
