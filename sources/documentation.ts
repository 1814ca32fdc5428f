import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdownSections } from './text/markdown.ts'
import { passages, wordCount } from './text/passages.ts'

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
  /** Largest number of passages. */
  readonly limit: number
  readonly wordsPerPassage: number
}

/** Shorter passages are a heading with a link or two, with nothing to find in them. */
const FEWEST_WORDS = 25
/**
 * Real text that every installation has: prose of the English Markdown files of the installed packages and, while that
 * is less than the limit, of npm's own manual. With more passages than the limit, each package gives at most its share.
 * In the order of the paths.
 */
export function documentationPassages({
  limit,
  wordsPerPassage,
}: DocumentationOptions): DocumentationPassage[] {
  const byPackage = new Map<string, DocumentationPassage[]>()
  const texts = new Set<string>()
  for (const root of documentationRoots()) {
    for (const file of markdownFiles(root)) {
      for (const passage of passagesOf(root, file, wordsPerPassage)) {
        if (texts.has(passage.text)) continue
        texts.add(passage.text)
        const own = byPackage.get(passage.package) ?? []
        byPackage.set(passage.package, own)
        own.push(passage)
      }
    }
    if (texts.size >= limit) break
  }
  const all = [...byPackage.values()]
  const share = fairShare(
    all.map((own) => own.length),
    limit,
  )
  // The first packages give one passage more, up to the limit: with many packages, rounding would lose a tenth of it.
  let rest = limit - all.reduce((sum, own) => sum + Math.min(own.length, share), 0)
  return all
    .flatMap((own) => evenly(own, own.length > share && rest-- > 0 ? share + 1 : share))
    .slice(0, limit)
}

/** Largest share for each package with which all together stay within the limit; at least 1. */
function fairShare(counts: readonly number[], limit: number): number {
  const total = (share: number) => counts.reduce((sum, count) => sum + Math.min(count, share), 0)
  let share = 1
  while (share < Math.max(...counts) && total(share + 1) <= limit) share++
  return share
}

/** At most `count` items, spread evenly over the list. */
function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)] as T)
}

/** Folders of packages: beside and above this file, as Node itself looks for them, then that of npm. */
function documentationRoots(): string[] {
  const roots: string[] = []
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    roots.push(join(at, 'node_modules'))
  }
  // npm sets this variable for its scripts: .../node_modules/npm/bin/npm-cli.js
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
