import { exactNumber } from '../../sparse/exact-json.ts'
import { textStart } from '../../sparse/text-start.ts'

export interface CopyBounds {
  /** Largest number of UTF-16 units of keys and values together. */
  readonly units: number
  /** Number of UTF-16 units of texts to skip, in the order of the document: those in earlier copies. @default 0 */
  readonly skip?: number | undefined
}

export interface BoundedCopy {
  readonly copy: Record<string, unknown>
  /** Whether a part did not fit. */
  readonly isCut: boolean
  /** Number of UTF-16 units of texts in the copy. */
  readonly shown: number
}

/** Arrays and objects deeper than this are left out. */
const DEEPEST = 32

/**
 * A copy of a document that is no larger than its bounds: texts are cut, and everything behind the last one that fits
 * is left out. Numbers that JavaScript cannot hold become texts of their digits. Keys are own keys, whatever their
 * name.
 */
export function boundedCopy(source: Readonly<Record<string, unknown>>, bounds: CopyBounds): BoundedCopy {
  let { units: left, skip = 0 } = bounds
  let shown = 0
  let isCut = false
  const copy = object(source, 0)
  return { copy, isCut, shown }

  function object(from: object, depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = []
    for (const [key, value] of Object.entries(from)) {
      if (!spend(key.length + 4)) break
      entries.push([key, copyOf(value, depth + 1)])
    }
    return Object.fromEntries(entries)
  }

  function copyOf(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return text(value)
    const digits = exactNumber(value)
    if (digits !== undefined) return spend(digits.length) ? digits : null
    if (typeof value !== 'object' || value === null) return spend(8) ? value : null
    if (depth > DEEPEST) {
      isCut = true
      return null
    }
    if (!Array.isArray(value)) return object(value, depth)
    const items: unknown[] = []
    for (const item of value) {
      if (!spend(1)) break
      items.push(copyOf(item, depth + 1))
    }
    return items
  }

  function text(whole: string): string {
    const skipped = Math.min(skip, whole.length)
    skip -= skipped
    const rest = whole.slice(skipped).toWellFormed()
    const part = textStart(rest, Math.max(0, left))
    left -= part.length
    shown += part.length
    if (part.length < rest.length) isCut = true
    return part
  }

  function spend(units: number): boolean {
    if (left < units) isCut = true
    else left -= units
    return !isCut
  }
}
