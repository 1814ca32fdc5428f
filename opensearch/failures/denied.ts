import { errors } from '@opensearch-project/opensearch'
import { LexpandError } from '../../sparse/errors.ts'
import { outcomeOf } from './bulk-outcome.ts'
import { failureOf, translateEngineFailure } from './engine-error.ts'
import type { EngineFailure } from './engine-failure.ts'

/**
 * The engine no longer accepts the login, or the user lacks a privilege. An administrator took it away and can give it
 * back, so this is a state of the service: jobs wait for it, and no document is at fault.
 */
export class EngineDenied extends LexpandError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('SERVICE', message, options)
    this.name = 'EngineDenied'
  }

  /** The error for one item of a reply. */
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
