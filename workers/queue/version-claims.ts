import { createHash } from 'node:crypto'
import type { DocumentVersion } from '../documents/write-back-item.ts'
import { inTime } from './in-time.ts'
import type { RedisConnection } from './redis-place.ts'

/** Keeps two jobs from encoding the same version of a document at the same time. */
export interface VersionClaims {
  /** @returns the documents that no other running job has claimed; all of them while Redis is away */
  take<T extends DocumentVersion>(index: string, documents: readonly T[]): Promise<T[]>
  /** Called when the job ends, whatever its outcome. */
  release(): Promise<void>
}

/** Lifetime of the claims of a killed worker; its job still exists then and comes back under the same name. */
const KEPT_MS = 60_000

const TAKE = `
local mine = {}
for at, key in ipairs(KEYS) do
  local owner = redis.call('get', key)
  if not owner or owner == ARGV[1] then
    redis.call('set', key, ARGV[1], 'PX', ARGV[2])
    mine[at] = 1
  else
    mine[at] = 0
  end
end
return mine`

const RELEASE = `
for _, key in ipairs(KEYS) do
  if redis.call('get', key) == ARGV[1] then redis.call('del', key) end
end
return 0`

/**
 * A document that is changed while it is encoded is read again by the job that lost, and the sweeper finds the change
 * as well: without a claim both would encode it. The job that holds the claim still exists and either settles the
 * version or comes again, so the other job may leave the document to it. Claims only save effort: the version alone
 * decides what is written.
 *
 * @param prefix prefix of the keys of the queue
 * @param job names the owner; a repeated job still has its claims
 */
export function versionClaims(redis: RedisConnection, prefix: string, job: string): VersionClaims {
  const held: string[] = []
  return {
    async take(index, documents) {
      if (documents.length === 0) return []
      const keys = documents.map((document) => keyOf(prefix, index, document))
      held.push(...keys)
      const mine = await inTime(redis.eval(TAKE, keys.length, ...keys, job, KEPT_MS) as Promise<number[]>)
      return documents.filter((_, at) => mine === undefined || mine[at] === 1)
    },
    async release() {
      if (held.length > 0) await inTime(redis.eval(RELEASE, held.length, ...held.splice(0), job))
    },
  }
}

function keyOf(prefix: string, index: string, { id, routing, seqNo, primaryTerm }: DocumentVersion): string {
  const version = JSON.stringify([index, id, routing, seqNo, primaryTerm])
  return `${prefix}:encoding:${createHash('sha256').update(version).digest('base64url').slice(0, 22)}`
}
