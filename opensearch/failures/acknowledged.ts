import { EngineDenied } from './denied.ts'
import { type EngineContext, translateEngineError } from './engine-error.ts'
import type { EngineFailure } from './engine-failure.ts'
import { EngineBusy } from './transient.ts'

/**
 * Waits for a request that changes or refreshes an index, and reads its answer. An engine under load answers
 * `acknowledged: false` with status 200 when some node has not confirmed the change in time, and a refresh counts the
 * shards that failed.
 *
 * @param request a request that may be repeated
 * @throws EngineBusy when it is not done everywhere; EngineDenied for shards that the user may not touch; else the
 *   engine's error as a LexpandError
 */
export async function acknowledged<Reply extends { readonly body: unknown }>(
  request: Promise<Reply>,
  context: EngineContext & { readonly index: string },
): Promise<Reply> {
  const reply = await request.catch((error: unknown) => {
    throw translateEngineError(error, context)
  })
  const { part, index } = context
  const { acknowledged, _shards } = (reply.body ?? {}) as Answer
  if (acknowledged === false) {
    throw new EngineBusy(part, index, 'acknowledged: false, some nodes have not confirmed the change in time')
  }
  const [first] = _shards?.failures ?? []
  if (first?.status === 'FORBIDDEN') throw EngineDenied.of(403, first.reason, context)
  const failed = _shards?.failed ?? 0
  if (failed > 0) {
    const reason = first?.reason?.reason ?? first?.reason?.type ?? 'no reason'
    throw new EngineBusy(part, index, `${failed} of ${_shards?.total} shards that failed (${reason})`)
  }
  return reply
}

/** The parts of an administrative answer that show whether something is not done. */
interface Answer {
  readonly acknowledged?: boolean | undefined
  readonly _shards?: {
    readonly total?: number | undefined
    readonly failed?: number | undefined
    readonly failures?:
      | readonly { readonly reason?: EngineFailure | undefined; readonly status?: string | undefined }[]
      | undefined
  }
}
