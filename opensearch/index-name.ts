import { LexpandError } from '../sparse/errors.ts'
import { textStart } from '../sparse/text-start.ts'

/**
 * Checks a name before it becomes a path of the engine's API: wildcards, lists, remote clusters, date math and
 * system names never reach it.
 *
 * @returns the name
 * @throws LexpandError CONFIGURATION
 */
export function assertIndexName(name: string, part: string): string {
  // A caller from JavaScript may give anything.
  const bytes = typeof name === 'string' ? Buffer.byteLength(name) : 0
  // The engine names the indices behind a data stream so.
  const plain = bytes > 0 ? name.replace(/^\.ds-/, '') : ''
  if (bytes > 0 && bytes <= 255 && /^[^\p{C}\s\\/*?"<>|,#:_.+-][^\p{C}\s\\/*?"<>|,#:]*$/u.test(plain)) {
    if (name === name.toLowerCase()) return name
  }
  throw new LexpandError(
    'CONFIGURATION',
    `[${part}] expected the name of one index or alias (lower case, at most 255 bytes, none of \\ / * ? " < > | , # : or spaces, not starting with _ - + or a dot), got ${textStart(JSON.stringify(name) ?? 'nothing', 120)}. Correct the name.`,
  )
}
