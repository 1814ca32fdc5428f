import { SIDECAR, SIDECAR_KEYS, STATES } from './sidecar.ts'

/**
 * Whether a document has a value of its owner under one of Lexpand's names, which would be lost (a brand named
 * `lexpand`, for example). A sidecar and a vector that Lexpand wrote do not count: both are made anew.
 *
 * @returns the name of the field, or undefined
 */
export function foreignValue(
  source: Readonly<Record<string, unknown>>,
  sparseField: string,
): string | undefined {
  const sidecar = source[SIDECAR] ?? undefined
  if (sidecar !== undefined && !isSidecar(sidecar)) return SIDECAR
  const vector = source[sparseField] ?? undefined
  return vector === undefined || isObject(vector) ? undefined : sparseField
}

/** The reason why a document with such a value is not written. */
export function ownValue(field: string): string {
  return `expected no value of its own in field ${field}, got one: Lexpand keeps its own there, and it would be lost. Rename the field.`
}

function isSidecar(value: unknown): boolean {
  if (!isObject(value)) return false
  // A newer version of Lexpand may keep more in it.
  const { state } = value as { readonly state?: unknown }
  return (
    STATES.some((known) => known === state) || Object.keys(value).every((key) => SIDECAR_KEYS.includes(key))
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
