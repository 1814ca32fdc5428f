/**
 * Parses JSON so that writing it again gives the same numbers. A plain parse turns 1.0 into 1 (which a dynamic
 * mapping then takes for an integer field that cuts 1.5 to 1) and rounds what is longer than 15 digits; here such
 * numbers stay as they were written, as objects that only `JSON.stringify` understands.
 *
 * Strings, and numbers that JavaScript writes the same way, are plain values.
 */
export function parseExactly(json: string): unknown {
  return parseWithSource(json, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  )
}

/** Both are in every Node that Lexpand runs on, and not yet in TypeScript's library. */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parseWithSource = JSON.parse as (json: string, reviver: Reviver) => unknown
const { rawJSON } = JSON as unknown as { rawJSON(json: string): object }
