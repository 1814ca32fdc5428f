import { SIDECAR, SIDECAR_KEYS } from './sidecar.ts'

/**
 * Whether a document has a value of its owner's under one of our names. A sidecar and a vector of ours, in a document that
 * was read from an index of ours, are made anew; a brand named `lexpand` would be lost.
 *
 * @returns the field, or undefined
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
