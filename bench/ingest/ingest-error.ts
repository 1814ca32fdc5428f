import { LexpandError } from '../../sparse/errors.ts'

export function unexpected(expected: string, got: string): LexpandError {
  return new LexpandError('SERVICE', `[bench] expected ${expected}, got ${got}`)
}
