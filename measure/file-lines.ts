import { createReadStream } from 'node:fs'
import { lines } from '../sources/json/lines.ts'
import { LexpandError } from '../sparse/errors.ts'

/** Far above the vector of a document, far below what a string can hold. */
const MOST_BYTES = 64 * 2 ** 20

/**
 * The lines of a file without the empty ones. Only line feeds end one: Node's readline (24) also splits JSON at U+2028,
 * which texts hold.
 *
 * @throws LexpandError INPUT for a line that is not UTF-8 or longer than 64 MiB
 */
export async function* fileLines(
  file: string,
): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  for await (const line of lines(createReadStream(file), MOST_BYTES)) {
    if ('problem' in line)
      throw new LexpandError(
        'INPUT',
        `[bench] ${line.problem} in line ${line.number} of ${file}. Correct the file.`,
      )
    if (line.text !== '') yield line
  }
}
