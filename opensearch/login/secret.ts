/** A secret, or a function that reads it anew, for secrets that may change while the process runs. */
export type Secret = string | (() => string)

export function reveal(secret: Secret): string {
  return typeof secret === 'string' ? secret : secret()
}
