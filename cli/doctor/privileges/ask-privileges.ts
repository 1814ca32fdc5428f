import { type Client, errors } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../../mappings/index.ts'
import { failureOf } from '../../../opensearch/failures/engine-error.ts'
import { missingPrivilege } from '../../../opensearch/failures/privilege.ts'
import { probeOf } from './probes.ts'
import { type Role, SCOPE_INDEX, type Scope } from './roles.ts'

/** A privilege and the index or cluster on which it has to hold. */
export interface Place {
  readonly privilege: string
  readonly index: string | undefined
}

export interface AskedRole {
  readonly missing: readonly Place[]
  /** Privileges that cannot be asked for without using them, or whose index does not exist yet. */
  readonly unknown: readonly Place[]
  readonly granted: number
}

/**
 * Finds out what the user of the client may do, by requests that change nothing: each is refused for lack of a
 * privilege, or for another reason that the engine checks later.
 *
 * @param index index with documents, or a name that such an index would have
 * @throws LexpandError SERVICE when the engine cannot be reached or does not know the login
 */
export async function askRole(client: Client, role: Role, index: string): Promise<AskedRole> {
  const missing: Place[] = []
  const unknown: Place[] = []
  let granted = 0
  for (const [scope, privileges] of Object.entries(role.privileges) as [Scope, readonly string[]][]) {
    const on = scope === 'cluster' ? undefined : scope === 'indices' ? index : SCOPE_INDEX[scope]
    for (const privilege of privileges) {
      const answer = await ask(client, privilege, on, index)
      const place = { privilege, index: on }
      if (answer === 'missing') missing.push(place)
      else if (answer === 'unknown') unknown.push(place)
      else granted++
    }
  }
  return { missing, unknown, granted }
}

type Answer = 'granted' | 'missing' | 'unknown'

async function ask(
  client: Client,
  privilege: string,
  on: string | undefined,
  index: string,
): Promise<Answer> {
  const probe = probeOf(privilege, on === undefined ? 'cluster' : 'index', on ?? index)
  if (probe === undefined) return 'unknown'
  const { method, path, body } = probe
  const isLines = Array.isArray(body)
  let answer: unknown
  let isThere = true
  try {
    const request = isLines ? { bulkBody: body.map((line) => JSON.stringify(line)) } : { body }
    const reply = await client.transport.request({ method, path, ...request } as never, {
      ...(isLines ? { headers: { 'content-type': 'application/x-ndjson' } } : {}),
    })
    answer = reply.body
  } catch (error) {
    if (!(error instanceof errors.ResponseError) || error.statusCode === 401) {
      throw translateEngineError(error, { part: 'privileges', index })
    }
    const { type, reason = '' } = failureOf(error.body)
    if (error.statusCode === 403) return reasonMeans(reason, privilege) ?? 'missing'
    isThere = type !== 'index_not_found_exception'
    answer = error.body
  }
  const reasons = innerReasons(answer)
  const found = reasons.map((reason) => reasonMeans(reason, privilege)).find((means) => means !== undefined)
  if (found !== undefined) return found
  return probe.onlyIfThere && (!isThere || reasons.some((reason) => reason.startsWith('no such index')))
    ? 'unknown'
    : 'granted'
}

/** Whether the request was refused for this privilege, or for one that the engine checks before it. */
function reasonMeans(reason: string, privilege: string): Answer | undefined {
  const named = missingPrivilege(reason)?.privileges
  if (named === undefined) return undefined
  const isIt = privilege.endsWith('*') ? named.startsWith(privilege.slice(0, -1)) : named === privilege
  return isIt ? 'missing' : 'unknown'
}

/** Reasons why items, documents or shards of a reply with status 200 were refused. */
function innerReasons(body: unknown): string[] {
  const { items = [], docs = [], responses = [], _shards } = (body ?? {}) as Inner
  const failures = [
    ...items.flatMap((item) => Object.values(item)),
    ...docs,
    ...responses,
    ...(_shards?.failures ?? []).map(({ reason }) => ({ error: reason })),
  ]
  return failures.flatMap(({ error }) => (typeof error?.reason === 'string' ? [error.reason] : []))
}

interface Failed {
  readonly error?: { readonly reason?: unknown } | undefined
}

interface Inner {
  readonly items?: readonly Readonly<Record<string, Failed>>[]
  readonly docs?: readonly Failed[]
  readonly responses?: readonly Failed[]
  readonly _shards?: { readonly failures?: readonly { readonly reason?: Failed['error'] }[] }
}
