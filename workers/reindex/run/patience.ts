import { type Persistence, persist } from '../../../opensearch/failures/back-off.ts'
import { isNotFound, isTransient } from '../../../opensearch/failures/transient.ts'
import { LexpandError } from '../../../sparse/errors.ts'

/** A restarted node answers "no such index" until it has read its cluster state from disk. */
const NOT_FOUND_MS = 30_000

/**
 * Repeats a request while the engine is away or has no room: a restart of a node must not end a migration of hours.
 * Only for requests that may run twice.
 *
 * @throws any error of the request that is not transient, and the last one when time is up
 */
export async function patiently<T>(request: () => Promise<T>, persistence: Persistence): Promise<T> {
  let result: { readonly value: T } | undefined
  let last: unknown
  let missingSince: number | undefined
  await persist(async () => {
    try {
      result = { value: await request() }
      return undefined
    } catch (error) {
      if (isNotFound(error)) {
        missingSince ??= performance.now()
        if (performance.now() - missingSince > NOT_FOUND_MS) throw error
      } else {
        if (!isTransient(error)) throw error
        missingSince = undefined
      }
      last = error
      return error instanceof Error ? error.message : String(error)
    }
  }, persistence)
  if (result === undefined) throw last
  return result.value
}

/** @throws LexpandError SERVICE when the run was asked to stop; what it has done is kept */
export function assertGoesOn(signal: AbortSignal): void {
  if (!signal.aborted) return
  if (signal.reason instanceof LexpandError) throw signal.reason
  throw new Paused()
}

/** Ends a run in order; it is not a failure. */
export class Paused extends LexpandError {
  constructor() {
    super(
      'SERVICE',
      '[reindex] expected to go on, got a request to pause. Run the same command again to resume.',
    )
    this.name = 'Paused'
  }
}
