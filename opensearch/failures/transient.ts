import { errors } from '@opensearch-project/opensearch'
import { LexpandError } from '../../sparse/errors.ts'
import { BLOCKED, outcomeOf } from './bulk-outcome.ts'
import { failureOf } from './engine-error.ts'
import { type EngineFailure, limitOf } from './engine-failure.ts'

/** The engine keeps refusing for a reason that passes: the job has to wait, and no document is at fault. */
export class EngineBusy extends LexpandError {
  constructor(part: string, index: string, reason: string) {
    super(
      'SERVICE',
      `[${part}] expected index ${index} to answer, got: ${reason}. Nothing is lost: the job waits and tries again.`,
    )
    this.name = 'EngineBusy'
  }
}

/**
 * Whether a request to the engine failed for a reason that passes by itself: no connection, no answer in time, no room,
 * a block. Looks through LexpandErrors at their cause.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof EngineBusy) return true
  if (error instanceof errors.ResponseError) {
    const failure = failureOf(error.body)
    return outcomeOf(error.statusCode, failure) === 'retry' && limitOf(failure) === undefined
  }
  if (
    error instanceof errors.ConnectionError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoLivingConnectionsError
  ) {
    return true
  }
  return error instanceof Error && error.cause !== undefined && isTransient(error.cause)
}

/** Whether a request asked for more than this setting of an owner allows. */
export function isBeyond(error: unknown, setting: string): boolean {
  if (error instanceof errors.ResponseError) return limitOf(failureOf(error.body))?.setting === setting
  return error instanceof Error && error.cause !== undefined && isBeyond(error.cause, setting)
}

/** The engine had no room, or was away. */
export interface Refusal {
  /** HTTP status; 0 without an answer. */
  readonly status: number
  /** Whether fewer requests at a time help. They do not help against a block of one index. */
  readonly isOverload: boolean
}

/** @param error one that `isTransient` */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof errors.ResponseError) {
    return { status: error.statusCode, isOverload: isOverload(failureOf(error.body)) }
  }
  if (error instanceof Error && error.cause !== undefined) return refusalOf(error.cause)
  return { status: 0, isOverload: !(error instanceof EngineBusy) }
}

/**
 * Whether the engine is overloaded. Blocks have the status of an overload, 429, but an administrator or free disk space
 * lifts them, not less work.
 */
export function isOverload(failure: EngineFailure | undefined): boolean {
  return failure?.type !== BLOCKED
}

/** Whether the engine answered 404 to a request as a whole. */
export function isNotFound(error: unknown): boolean {
  if (error instanceof errors.ResponseError) return error.statusCode === 404
  return error instanceof Error && error.cause !== undefined && isNotFound(error.cause)
}

/** Whether an index could not be made because it already exists. */
export function isAlreadyThere(error: unknown): boolean {
  if (error instanceof errors.ResponseError)
    return failureOf(error.body).type === 'resource_already_exists_exception'
  return error instanceof Error && error.cause !== undefined && isAlreadyThere(error.cause)
}
