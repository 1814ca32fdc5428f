import type { z } from 'zod'
import { type ErrorCode, LexpandError } from './errors.ts'

/**
 * Checks the options of a caller from JavaScript, or with a misspelt option.
 *
 * @param part part of Lexpand, for the message
 * @throws LexpandError with the code, naming every mistake with its place
 */
export function assertShape(schema: z.ZodType, value: unknown, part: string, code: ErrorCode): void {
  const parsed = schema.safeParse(value)
  if (parsed.success) return
  const mistakes = parsed.error.issues
    .slice(0, 10)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  throw new LexpandError(
    code,
    `[${part}] expected usable options, got ${mistakes.length} mistake(s): ${mistakes.join('; ')}. Correct them.`,
    { cause: parsed.error },
  )
}
