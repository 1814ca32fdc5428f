import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { moveAliases } from '../../opensearch/alias.ts'
import { acknowledged } from '../../opensearch/failures/acknowledged.ts'
import type { Persistence } from '../../opensearch/failures/back-off.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { countStates } from '../documents/index-states.ts'
import { equalize } from './copy/equalize.ts'
import { type FollowingWithEncoding, follow } from './copy/follow.ts'
import { freeze, lastNumbers, numbersOf, unfreeze } from './copy/freeze.ts'
import { assertGoesOn, patiently } from './run/patience.ts'
import { findIndex, hasAliases } from './run/plan.ts'
import type { ReindexRun } from './run/run.ts'

export interface Swap {
  readonly client: Client
  readonly run: ReindexRun
  /** Settings that the new index gets when the alias moves. */
  readonly later: Readonly<Record<string, unknown>>
  /** Number of failed documents that the new index may have. @default as many as the old one has */
  readonly allowedFailed?: number | undefined
}

/** Longest time that clients are kept from writing while the last vectors are made. */
export const MAX_BLOCK_MS = 10_000
const ENCODED_POLL_MS = 50

/**
 * Keeps clients from writing, carries the last changes over, and moves the aliases.
 *
 * @returns false when vectors were missing for too long: clients can write again, and the swap has to be repeated
 * @throws Paused when asked to stop; LexpandError INDEX when old and new differ or too many documents failed. Clients
 *   can write again then, unless the aliases have moved or another process has the run
 */
export async function swap(
  options: Swap,
  following: FollowingWithEncoding,
  persistence: Persistence,
): Promise<boolean> {
  const { client, run, later } = options
  const { source, target } = run.state
  await run.save({ phase: 'swapping' })
  const startedAt = performance.now()
  let hasSwapped = false
  try {
    await patiently(() => freeze(client, source), persistence)
    const last = await patiently(() => lastNumbers(client, source), persistence)
    await follow(following, last)
    await equalize(following)
    if (!(await encoded(options, following, startedAt + MAX_BLOCK_MS))) return false
    await setSettings(client, target, later)
    // The aliases are read again: one may have been added, or its filter changed, since the run began.
    const aliases = (await findIndex(client, source))?.aliases ?? []
    const swapped_at = { source: numbersOf(last), target: numbersOf(await lastNumbers(client, target)) }
    await run.save({ aliases, swapped_at })
    await patiently(async () => {
      // The answer to an earlier attempt may have been lost.
      if (!(await hasMoved(client, run))) await moveAliases(client, source, target, run.state.aliases)
    }, persistence)
    hasSwapped = true
    await run.save({ write_blocked_ms: Math.round(performance.now() - startedAt) })
    return true
  } finally {
    // The attempt that moved the aliases may be the one whose answer was lost: the old index stays blocked then.
    const toTheEnd = { ...persistence, signal: undefined }
    if (!hasSwapped && !(await patiently(() => hasMoved(client, run), toTheEnd))) {
      // Throws when another process has the run: the block may belong to that process by now.
      await run.save({})
      await patiently(() => unfreeze(client, source), toTheEnd)
      const nothing = Object.fromEntries(Object.keys(later).map((name) => [name, null]))
      await setSettings(client, target, nothing)
      await run.save({ phase: 'copying' })
    }
  }
}

/** Whether all aliases of the run are on the new index; false before the run has recorded its aliases. */
export async function hasMoved(client: Client, { state: { target, aliases } }: ReindexRun): Promise<boolean> {
  return aliases.length > 0 && (await hasAliases(client, target, aliases))
}

async function encoded(
  { client, run, allowedFailed }: Swap,
  { encoding }: FollowingWithEncoding,
  until: number,
): Promise<boolean> {
  for (;;) {
    assertGoesOn(run.signal)
    const { pending, failed } = await encoding.look()
    if (pending === 0) {
      const allowed = allowedFailed ?? (await countStates(client, run.state.source)).failed
      if (failed > allowed) throw tooManyFailed(run.state.target, failed, allowed)
      return true
    }
    if (performance.now() > until) return false
    await sleep(ENCODED_POLL_MS)
  }
}

async function setSettings(
  client: Client,
  index: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (Object.keys(settings).length === 0) return
  await acknowledged(client.indices.putSettings({ index, body: settings }), { part: 'reindex', index })
}

function tooManyFailed(index: string, failed: number, allowed: number): LexpandError {
  return new LexpandError(
    'INDEX',
    `[reindex] expected at most ${allowed} failed documents in ${index}, got ${failed}. The alias stays where it is. See lexpand dead list --index ${index}; repair them, or allow them with --allow-failed ${failed}.`,
  )
}
