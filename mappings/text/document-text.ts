import { exactNumber } from '../../sparse/exact-json.ts'

/** The text to encode, or the reason why there is none. Blank text is not an error: `text` is then ''. */
export type DocumentText = { readonly text: string } | { readonly error: string }

/** The strings of a document in the order in which they are joined, or the first value that is not text. */
export type TextPieces =
  | { readonly pieces: readonly string[] }
  | { readonly problem: { readonly field: string; readonly type: string } }

/** Arrays nested deeper than this are refused; the ingest pipeline has the same bound. */
export const MAX_NESTING = 64

/**
 * Joins the values of the specification's fields with one space and trims the result.
 *
 * A missing or null field counts as ''. Arrays contribute all their strings, as do arrays of objects along a dotted
 * path. A number, boolean or object where text is expected is an error, because the engine would index its digits and
 * an encoder would turn them into noise.
 *
 * @param source the document's `_source`; keys are read as own properties only
 * @param fields paths as in the mapping: `a.b` finds {a: {b}} and {'a.b'}
 */
export function documentText(source: unknown, fields: readonly string[]): DocumentText {
  const found = textPieces(source, fields)
  if ('pieces' in found) return { text: found.pieces.join(' ').trim() }
  const { field, type } = found.problem
  return {
    error: `[text] expected text in field ${field}, got ${type}. Store a string or a list of strings.`,
  }
}

/** The same walk as the one in Painless (mappings/text/text-script.ts): change both or neither. */
export function textPieces(source: unknown, fields: readonly string[]): TextPieces {
  const pieces: string[] = []
  for (const field of fields) {
    const type = collect(source, field, 0, pieces)
    if (type !== undefined) return { problem: { field, type } }
  }
  return { pieces }
}

/**
 * Adds the strings under `path` to `pieces`; an undefined path means the value itself.
 *
 * @returns the type of the first value that is not text
 */
function collect(
  node: unknown,
  path: string | undefined,
  depth: number,
  pieces: string[],
): string | undefined {
  if (depth > MAX_NESTING) return 'array'
  if (Array.isArray(node)) {
    for (const item of node) {
      const type = collect(item, path, depth + 1, pieces)
      if (type !== undefined) return type
    }
    return undefined
  }
  if (path === undefined) {
    if (typeof node === 'string') pieces.push(node)
    else if (node !== null && node !== undefined) return typeName(node)
    return undefined
  }
  if (typeof node !== 'object' || node === null) return undefined
  const object = node as Readonly<Record<string, unknown>>
  const whole = Object.hasOwn(object, path) ? collect(object[path], undefined, depth + 1, pieces) : undefined
  if (whole !== undefined) return whole
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot)
    if (!Object.hasOwn(object, head)) continue
    const type = collect(object[head], path.slice(dot + 1), depth + 1, pieces)
    if (type !== undefined) return type
  }
  return undefined
}

/** Type name as the engine uses it: numbers that JavaScript cannot hold are objects here. */
function typeName(value: unknown): string {
  return typeof value === 'bigint' || exactNumber(value) !== undefined ? 'number' : typeof value
}
