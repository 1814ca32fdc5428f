import { errors } from '@opensearch-project/opensearch'
import { LexpandError } from '../../sparse/errors.ts'
import { outcomeOf } from './bulk-outcome.ts'
import { failureOf, translateEngineFailure } from './engine-error.ts'
import type { EngineFailure } from './engine-failure.ts'

/**
 * The engine knows the login no more, or the user may not do it. An administrator took that away and can give it back:
 * it is the state of the service, so jobs wait for it, and no document is at fault.
 */
export class EngineDenied extends LexpandError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('SERVICE', message, options)
    this.name = 'EngineDenied'
  }

  /** The error of one item of a reply. */
  static of(
    status: number,
    failure: EngineFailure | undefined,
    context: { readonly part: string; readonly index?: string | undefined },
  ): EngineDenied {
    return new EngineDenied(translateEngineFailure(failure ?? {}, status, context).message)
  }
}

/** Whether the engine refused login or permission. Looks through LexpandErrors at their cause. */
export function isDenied(error: unknown): boolean {
  if (error instanceof EngineDenied) return true
  if (error instanceof errors.ResponseError) {
    return outcomeOf(error.statusCode, failureOf(error.body)) === 'denied'
  }
  return error instanceof Error && error.cause !== undefined && isDenied(error.cause)
}
