import { existsSync, readFileSync } from 'node:fs'

/**
 * @param file a line for every window that a worker finished encoding; every text of a run is different
 * @returns windows encoded, and how many of these had been encoded before
 */
export function encodedTwice(file: string): { encoded: number; duplicates: number } {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  return { encoded: lines.length, duplicates: lines.length - new Set(lines).size }
}
