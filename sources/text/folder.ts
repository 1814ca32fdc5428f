import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { MAX_RECORD_BYTES, type OnProblem, type SourceRecord } from '../record.ts'
import { PARENT_FIELD, PASSAGE_FIELD } from './cut-records.ts'
import { htmlText } from './html.ts'
import { markdownSections, type Section } from './markdown.ts'
import { passages } from './passages.ts'

/** Endings of the files that are read from a folder. */
export const TEXT_EXTENSIONS = ['.txt', '.md', '.markdown', '.html', '.htm'] as const

/**
 * Reads the text files of a folder in the order of their paths: documents { path, title, text }, id = path
 * relative to the folder with `/`. Links are not followed, names that start with a dot are left out.
 *
 * @param wordsPerPassage when given, files are cut into passages with ids `path#1`, `path#2`, ...
 */
export async function* readFolder(
  root: string,
  wordsPerPassage: number | undefined,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  for await (const path of textFiles(root, ''))
    yield* readTextFile(join(root, path), path, wordsPerPassage, onProblem)
}

/** Reads one file as {@link readFolder} does. @param path id and position of its documents */
export async function* readTextFile(
  file: string,
  path: string,
  wordsPerPassage: number | undefined,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  let sections: Section[]
  try {
    sections = sectionsOf(path, await readStrict(file))
  } catch (error) {
    onProblem({ position: path, message: error instanceof Error ? error.message : String(error) })
    return
  }
  const title = sections.find(({ heading }) => heading !== '')?.heading ?? basename(path, extname(path))
  if (wordsPerPassage === undefined) {
    const text = sections.map((section) => joinSection(section, title)).join('\n\n')
    yield { id: path, source: { path, title, text }, position: path }
    return
  }
  let number = 0
  for (const { heading, text } of sections) {
    for (const passage of passages(text, wordsPerPassage)) {
      number += 1
      const id = `${path}#${number}`
      const source = {
        path,
        title: heading === '' ? title : heading,
        text: passage,
        [PARENT_FIELD]: path,
        [PASSAGE_FIELD]: number,
      }
      yield { id, source, position: id }
    }
  }
}

async function* textFiles(root: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) yield* textFiles(root, path)
    else if (entry.isFile() && isTextFile(entry.name)) yield path
  }
}

export function isTextFile(name: string): boolean {
  return (TEXT_EXTENSIONS as readonly string[]).includes(extname(name).toLowerCase())
}

async function readStrict(file: string): Promise<string> {
  const { size } = await stat(file)
  if (size > MAX_RECORD_BYTES)
    throw new Error(`expected at most ${MAX_RECORD_BYTES} bytes in a file, got ${size}`)
  const bytes = await readFile(file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error('expected UTF-8, got bytes that are not. Convert the file, for example with iconv', {
      cause,
    })
  }
}

function sectionsOf(path: string, content: string): Section[] {
  const extension = extname(path).toLowerCase()
  if (extension === '.md' || extension === '.markdown') return markdownSections(content, { code: true })
  if (extension === '.txt') return [{ heading: '', text: content }]
  const { title, text } = htmlText(content)
  return [{ heading: title, text }]
}

/** The title has a field of its own, so it is not repeated in front of the text. */
function joinSection({ heading, text }: Section, title: string): string {
  return heading === '' || heading === title ? text : `${heading}\n\n${text}`
}
