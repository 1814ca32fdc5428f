/** A secret, or a function that reads it: what may be exchanged while we run is read anew. */
export type Secret = string | (() => string)

export function reveal(secret: Secret): string {
  return typeof secret === 'string' ? secret : secret()
}
