import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'

/**
 * Twelve digits for the name of a result made of these files and choices: other files, or a file that was written
 * since, give other digits. The files are not read.
 */
export function contentKey(files: readonly string[], ...choices: readonly (string | number)[]): string {
  const hash = createHash('sha256')
  for (const choice of choices) hash.update(`${choice}\n`)
  for (const file of files) {
    const { size, mtimeMs } = statSync(file)
    hash.update(`${file}\n${size}\n${mtimeMs}\n`)
  }
  return hash.digest('hex').slice(0, 12)
}
