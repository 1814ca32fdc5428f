/**
 * A result of the library as the command line prints it: keys in snake_case, all the way down, and durations to a thousandth.
 *
 * @param untouched keys whose values belong to users and stay as they are, such as `source`
 */
export function snakeCase(value: unknown, untouched: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => snakeCase(item, untouched))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      snakeName(key),
      untouched.includes(key)
        ? inner
        : isDuration(key, inner)
          ? Number(inner.toFixed(3))
          : snakeCase(inner, untouched),
    ]),
  )
}

/** The clock's own digits end in what no clock measures, such as 64.16944000000058. */
function isDuration(key: string, value: unknown): value is number {
  return typeof value === 'number' && /(^ms|Ms|_ms|^seconds|Seconds|_seconds)$/.test(key)
}

/** `vectorMissing` -> `vector_missing`, `ndcgAt10` -> `ndcg_at_10` */
export function snakeName(name: string): string {
  // Names that begin with a capital are proper ones, such as OpenSearch.
  if (!/^[a-z].*[A-Z]/.test(name)) return name
  return name.replace(/[A-Z]|(?<=[a-z])\d+/g, (part) => `_${part.toLowerCase()}`)
}
