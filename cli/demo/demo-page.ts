import { stripVTControlCharacters, styleText } from 'node:util'
import type { SearchHit } from '../../pipelines/index.ts'
import { textStart } from '../../sparse/text-start.ts'
import { explained } from '../search/search-page.ts'
import { sideBySide, wrap } from './columns.ts'

/** Result of the demo, for its page and `--json`. */
export interface DemoResult {
  readonly index: string
  readonly passages: number
  /** Number of npm packages with this documentation. */
  readonly packages: number
  readonly encoded: number
  readonly unchanged: number
  readonly failed: number
  readonly seconds: number
  readonly answers: readonly Answer[]
}

/** A question with the first passages of BM25 and of Lexpand. */
export interface Answer {
  readonly question: string
  readonly bm25: readonly DemoHit[]
  readonly lexpand: readonly DemoHit[]
  /** Rank of Lexpand's first passage in BM25's answer, from 1; null when it is not among the first `bm25Depth`. */
  readonly bm25Rank: number | null
  readonly bm25Depth: number
}

type DemoHit = SearchHit<{ readonly title: string; readonly package: string; readonly text: string }>

/** Number of word pieces shown with a hit: the others add little to the score. */
const SHOWN_PIECES = 4

/** Width of a page on a terminal with this number of columns; 100 where there is none. */
export function pageWidth(columns: number | undefined): number {
  return Math.min(Math.max(columns ?? 100, 60), 160)
}

/** The page for people, no line longer than `width` characters. */
export function demoPage(result: DemoResult, width: number): string {
  const { index, passages, packages, encoded, unchanged, seconds, answers } = result
  const rule = '-'.repeat(width)
  const lines = [
    `${passages} passages of ${packages} npm packages: ${encoded} encoded now, ${unchanged} already there (${seconds.toFixed(1)} s)`,
    ...answers.flatMap((answer) => [rule, ...question(answer, width)]),
    rule,
    sum(answers),
    `Next: npx lexpand search "your own question" --index ${index} --explain`,
    '      npx lexpand index your-documents.jsonl --index yours',
    '      npx lexpand down   (OpenSearch and Redis run on until then)',
  ]
  return lines.flatMap((line) => (line.includes('\n') ? line.split('\n') : wrapped(line, width))).join('\n')
}

function question(answer: Answer, width: number): string[] {
  return [
    styleText('bold', `"${answer.question}"`, { stream: process.stdout }),
    sideBySide(['BM25', ...blocks(answer.bm25)], ['Lexpand', ...blocks(answer.lexpand)], width),
    why(answer),
  ]
}

/** What BM25 missed and why, with the words of this answer. */
function why({ lexpand, bm25Rank, bm25Depth }: Answer): string {
  const [first] = lexpand
  if (first === undefined) return 'Why: no passage has any of these words, nor was one added to it.'
  const added = (first.explanation ?? [])
    .filter(({ token, expansion }) => expansion && !token.startsWith('##'))
    .map(({ token }) => `"${token}"`)
  const cause =
    added.length === 0
      ? `"${first.source.title}" says the words of the question itself.`
      : `"${first.source.title}" never says ${listed(added, 'or')}: the encoder added ${added.length === 1 ? 'it' : 'them'} (*) when it was indexed.`
  return `Why: ${cause} BM25 ${placed(bm25Rank, bm25Depth)}.`
}

function placed(rank: number | null, depth: number): string {
  if (rank === null) return `has the passage nowhere in its first ${depth}`
  return rank === 1 ? 'has the passage first, too' : `has the passage at rank ${rank}`
}

function sum(answers: readonly Answer[]): string {
  const ranks = answers.map(({ bm25Rank, bm25Depth }) => `${bm25Rank ?? `beyond ${bm25Depth}`}`)
  return `In sum: what Lexpand puts first, BM25 has at rank ${listed(ranks, 'and')}.`
}

function blocks(hits: readonly DemoHit[]): string[] {
  return hits.length === 0 ? ['nothing found'] : hits.flatMap(block)
}

function block({ source, highlights = [], explanation }: DemoHit, at: number): string[] {
  const text = highlights[0] ?? textStart(source.text, 120)
  return [
    `${at + 1}. ${source.title} (${source.package})`,
    `   ${text}`,
    ...(explanation === undefined ? [] : [`   = ${explained(explanation.slice(0, SHOWN_PIECES))}`]),
  ]
}

function wrapped(line: string, width: number): string[] {
  return stripVTControlCharacters(line).length <= width ? [line] : wrap(line, width)
}

function listed(words: readonly string[], last: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
