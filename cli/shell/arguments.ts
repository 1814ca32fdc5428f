import { InvalidArgumentError } from 'commander'
import { parseExactly } from '../../sparse/exact-json.ts'
import type { Pruning } from '../../sparse/vectors/prune.ts'
import { parsePruning } from '../../sparse/vectors/pruning-text.ts'

/** Parser of an option that takes a whole number. @param least and most: inclusive bounds, both in the message */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
  }
}

/** Parser of an option that takes names separated by commas. @param allowed the only allowed names, if given */
export function list<Name extends string>(allowed?: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim())
    const isKnown = (name: string): name is Name =>
      allowed === undefined || allowed.some((known) => known === name)
    const known = names.filter(isKnown)
    if (known.length === names.length && !names.includes('') && new Set(names).size === names.length)
      return known
    throw new InvalidArgumentError(
      `Expected distinct names separated by commas${allowed === undefined ? '' : `, out of ${allowed.join(', ')}`}.`,
    )
  }
}

/** Parser of an option that takes a JSON object; its numbers keep their digits. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value = parseExactly(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Malformed JSON and JSON of another kind are the same mistake for the user.
  }
  throw new InvalidArgumentError('Expected a JSON object.')
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** Parser of an option that takes a duration, such as 90s, 15m, 2h or 30d. @returns seconds */
export function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count === '') throw new InvalidArgumentError('Expected a number with a unit: 90s, 15m, 2h or 30d.')
  return Number(count) * SECONDS[unit as keyof typeof SECONDS]
}

/** Parser of an option that takes a number. @param least and most: inclusive bounds, both in the message */
export function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`)
  }
}

/** Parser of a pruning such as `max_ratio:0.1`, `top_k:200` or `none`. */
export function pruning(text: string): Pruning {
  try {
    return parsePruning(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}
