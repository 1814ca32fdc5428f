/**
 * Parses JSON so that writing it again gives the same numbers. A plain parse turns 1.0 into 1 (a dynamic mapping then
 * makes an integer field of it, which cuts 1.5 to 1), rounds numbers of more than 15 digits, and turns 1e400 into null.
 * Here such numbers stay as they were written, as objects that only `JSON.stringify` understands ({@link exactNumber}
 * returns their digits).
 *
 * Strings, and numbers that JavaScript writes in the same way, are plain values.
 *
 * @throws SyntaxError for malformed JSON, and for JSON nested deeper than {@link MAX_JSON_DEPTH}
 */
export function parseExactly(json: string): unknown {
  return parse(json, (value, source) => String(value) !== source)
}

/**
 * Parses JSON for readers of its values: numbers are plain unless JavaScript cannot hold their value. Integers beyond
 * 2^53, numbers of more than 17 digits, and those beyond 1.8e308 stay as with {@link parseExactly}.
 *
 * @throws SyntaxError as {@link parseExactly}
 */
export function parseLossless(json: string): unknown {
  return parse(json, (value, source) =>
    /[.eE]/.test(source)
      ? !Number.isFinite(value) || significantDigits(source) > DOUBLE_DIGITS
      : !Number.isSafeInteger(value),
  )
}

/** @returns the digits of a number that was kept as written; undefined for any other value */
export function exactNumber(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && isRawJSON(value)
    ? (value as { rawJSON: string }).rawJSON
    : undefined
}

/** A number with exactly these digits, for `JSON.stringify`. @param digits a JSON number */
export function numberOf(digits: string): number | object {
  const value = Number(digits)
  return String(value) === digits ? value : rawJSON(digits)
}

/** The engine refuses deeper documents, and parsing or writing them would overflow the stack. */
export const MAX_JSON_DEPTH = 1_000

/** Number of digits that distinguish any double from its neighbours. */
const DOUBLE_DIGITS = 17

/** Without a decimal point, an exponent, a negative zero or sixteen digits in a row, every number is exact. */
const MAY_BE_INEXACT = /\d[.eE]|\d{16}|-0/

function parse(json: string, isKept: (value: number, source: string) => boolean): unknown {
  assertDepth(json)
  // A reviver makes parsing several times slower, and most documents need none.
  if (!MAY_BE_INEXACT.test(json)) return JSON.parse(json)
  return parseWithSource(json, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && isKept(value, source) ? rawJSON(source) : value,
  )
}

function significantDigits(source: string): number {
  const [mantissa = ''] = source.split(/[eE]/)
  return mantissa.replace(/[-.]/g, '').replace(/^0+|0+$/g, '').length
}

function assertDepth(json: string): void {
  if (occurrences(json, '[') + occurrences(json, '{') <= MAX_JSON_DEPTH) return
  let depth = 0
  let inString = false
  for (let at = 0; at < json.length; at++) {
    const unit = json[at]
    if (inString && unit === '\\') at++
    else if (unit === '"') inString = !inString
    else if (inString) continue
    else if (unit === ']' || unit === '}') depth--
    else if ((unit === '[' || unit === '{') && ++depth > MAX_JSON_DEPTH) {
      throw new SyntaxError(`nested deeper than ${MAX_JSON_DEPTH}`)
    }
  }
}

/** Counts occurrences, up to the number that matters. */
function occurrences(json: string, bracket: string): number {
  let count = 0
  for (let at = json.indexOf(bracket); at !== -1 && count <= MAX_JSON_DEPTH; count++) {
    at = json.indexOf(bracket, at + 1)
  }
  return count
}

/** Every Node that Lexpand runs on has these; TypeScript's library does not yet. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parseWithSource = JSON.parse as (json: string, reviver: Reviver) => unknown
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(json: string): object
  isRawJSON(value: object): boolean
}
