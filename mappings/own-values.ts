import { SIDECAR, SIDECAR_KEYS } from './sidecar.ts'

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

function isSidecar(value: unknown): boolean {
  return isObject(value) && Object.keys(value).every((key) => SIDECAR_KEYS.includes(key))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
