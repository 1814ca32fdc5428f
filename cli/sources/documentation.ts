import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdownSections } from './markdown.ts'
import { passages, wordCount } from './passages.ts'

/** A passage of the documentation that came with an installed npm package. */
export interface DocumentationPassage {
  /** `package/path/in/it.md#number`, the same on every machine with the same packages. */
  readonly id: string
  readonly package: string
  /** Heading above the passage. */
  readonly title: string
  readonly text: string
}

export interface DocumentationOptions {
  /** Most passages. */
  readonly limit: number
  readonly wordsPerPassage: number
}

/** Shorter ones are a heading with a link or two: nothing to find in them. */
const FEWEST_WORDS = 25
/** So that no package is most of the collection. */
const MOST_PER_PACKAGE = 150

/**
 * Real text that any installation has: prose of the English Markdown files of the installed packages, in the
 * order of their paths; while that is less than the limit, of npm's own manual, too.
 */
export function documentationPassages({
  limit,
  wordsPerPassage,
}: DocumentationOptions): DocumentationPassage[] {
  const found: DocumentationPassage[] = []
  const texts = new Set<string>()
  const ofPackage = new Map<string, number>()
  for (const root of documentationRoots()) {
    for (const file of markdownFiles(root)) {
      for (const passage of passagesOf(root, file, wordsPerPassage)) {
        const count = ofPackage.get(passage.package) ?? 0
        if (count >= MOST_PER_PACKAGE || texts.has(passage.text)) continue
        found.push(passage)
        if (found.length === limit) return found
        texts.add(passage.text)
        ofPackage.set(passage.package, count + 1)
      }
    }
  }
  return found
}

/** Where packages are: beside and above this file, as Node itself looks for them, then where npm is. */
function documentationRoots(): string[] {
  const roots: string[] = []
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    roots.push(join(at, 'node_modules'))
  }
  // Set by npm for what it runs: .../node_modules/npm/bin/npm-cli.js
  const npm = process.env.npm_execpath
  if (npm !== undefined) roots.push(dirname(dirname(dirname(npm))))
  roots.push(join(dirname(dirname(process.execPath)), 'lib', 'node_modules'))
  return roots.filter((root) => existsSync(root))
}

/** Licences and translations are left out. */
function markdownFiles(root: string): string[] {
  return globSync('**/*.{md,markdown}', { cwd: root })
    .filter((file) => !/licen[cs]e|copying|notice|(\.|_)(?!md$)[a-z]{2}(-[a-z]{2})?\.md$/i.test(file))
    .sort()
}

function* passagesOf(root: string, file: string, words: number): Generator<DocumentationPassage> {
  const path = file.split(sep).join('/')
  const name = packageOf(path)
  let number = 0
  for (const { heading, text } of markdownSections(readFileSync(join(root, file), 'utf8'), { code: false })) {
    for (const passage of passages(text, words)) {
      if (wordCount(passage) < FEWEST_WORDS) continue
      number += 1
      yield { id: `${path}#${number}`, package: name, title: heading === '' ? name : heading, text: passage }
    }
  }
}

function packageOf(path: string): string {
  const [first = '', second = ''] = (path.split('node_modules/').at(-1) ?? path).split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
