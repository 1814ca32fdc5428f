import { distance } from 'fastest-levenshtein'

/**
 * Finds the intended name, for "Did you mean ...?".
 *
 * @returns undefined when none is within two fifths of the letters, counted by insertions, deletions and replacements
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.round(name.length * 0.4)) + 1
  for (const candidate of candidates) {
    const edits = distance(wanted, candidate.toLowerCase())
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}
