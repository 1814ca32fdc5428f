/**
 * Whether a dotted version is the minimum or newer. Missing parts count as 0, and everything after the numbers (`-ea`,
 * `+9`, `_402`) is ignored.
 */
export function versionAtLeast(version: string, minimum: string): boolean {
  const have = numbersOf(version)
  const need = numbersOf(minimum)
  for (let part = 0; part < need.length; part++) {
    const difference = (have[part] ?? 0) - (need[part] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Feature release of a Java version: 25 for `25.0.3`, 8 for the old form `1.8.0_402`; 0 for anything else. */
export function javaFeature(version: string): number {
  const [first = 0, second = 0] = numbersOf(version)
  return first === 1 ? second : first
}

function numbersOf(version: string): number[] {
  const numeric = /^\d+(\.\d+)*/.exec(version.trim())
  return numeric === null ? [] : numeric[0].split('.').map(Number)
}
