import { styleText } from 'node:util'
import type { Client } from '@opensearch-project/opensearch'
import type { Command } from 'commander'
import type { Model } from '../models/index.ts'
import { SearchCache, type SearchHit, type SearchMode, search } from '../pipelines/index.ts'
import { type DocumentationPassage, documentationPassages } from '../sources/documentation.ts'
import type { SourceDocument } from '../workers/index.ts'
import { type FillReport, fillIndex } from './index/fill-index.ts'
import { explained } from './search.ts'
import { sideBySide } from './shell/columns.ts'
import { withConnection, withExamples, withJson } from './shell/command.ts'
import type { ConnectionFlags } from './shell/configuration.ts'
import { connect } from './shell/connect.ts'
import { interruption } from './shell/interrupt.ts'
import { type ModelFlags, openModel, withModel } from './shell/model.ts'
import { EXIT, note, printResult } from './shell/output.ts'

/** Asked in words that the documentation does not use for what it explains. */
const QUESTIONS = ['combine two objects', 'colour of the text in the terminal', 'erase a key']
const INDEX = 'lexpand-demo'
const FIELDS = ['title', 'text']
/** So many that finding something means something, and short enough to be encoded within a minute on two cores. */
const PASSAGES = { limit: 1_050, wordsPerPassage: 60 }
const HITS = 3
/** Word pieces shown with a hit: the rest adds little to the score. */
const SHOWN_PIECES = 4

export function register(program: Command): void {
  const command = program
    .command('demo')
    .description(
      'See it work: the documentation of the installed npm packages is encoded and three questions are asked, by BM25 and by Lexpand. Running it again reuses what is encoded.',
    )
    .action(demo)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand demo',
    'OPENSEARCH_URL=http://127.0.0.1:9200 REDIS_URL=redis://127.0.0.1:6379 lexpand demo',
  ])
}

interface DemoFlags extends ModelFlags, ConnectionFlags {
  readonly json: boolean
}

interface Answer {
  readonly question: string
  readonly bm25: readonly SearchHit[]
  readonly lexpand: readonly SearchHit[]
}

interface DemoResult extends Pick<FillReport, 'unchanged' | 'failed' | 'seconds'> {
  readonly passages: number
  readonly encoded: number
  readonly answers: readonly Answer[]
}

async function demo(flags: DemoFlags): Promise<void> {
  const passages = documentationPassages(PASSAGES)
  const packages = new Set(passages.map((passage) => passage.package)).size
  note(`${passages.length} passages from the documentation of ${packages} npm packages on this machine`)
  const signal = interruption('Stopping. Run the demo again to go on where it was.')
  const model = await openModel(flags)
  const connection = await connect(flags)
  const report = await fillIndex({
    connection,
    model,
    index: INDEX,
    fields: FIELDS,
    documents: toDocuments(passages),
    wait: true,
    signal,
  })
  if (signal.aborted) {
    process.exitCode = EXIT.problems
    return
  }
  await removeOthers(connection.client, passages)
  const answers = await answerAll(connection.client, model)
  const { unchanged, failed, seconds, indexed } = report
  const result = { passages: passages.length, encoded: indexed, unchanged, failed, seconds, answers }
  printResult(flags.json, result, page)
  if (failed > 0) process.exitCode = EXIT.problems
}

async function* toDocuments(passages: readonly DocumentationPassage[]): AsyncGenerator<SourceDocument> {
  for (const { id, ...source } of passages) yield { id, source }
}

/** Packages come and go between two runs: what is no longer installed is no answer. */
async function removeOthers(client: Client, passages: readonly DocumentationPassage[]): Promise<void> {
  const ids = { values: passages.map(({ id }) => id) }
  await client.deleteByQuery({
    index: INDEX,
    refresh: true,
    conflicts: 'proceed',
    body: { query: { bool: { must_not: [{ ids }] } } },
  })
}

async function answerAll(client: Client, { tokenizer, queryTable }: Model): Promise<Answer[]> {
  const resources = { tokenizer, queryTable, cache: new SearchCache() }
  const [before, after] = styleText('bold', '\u0000', { stream: process.stdout }).split('\u0000') as [
    string,
    string,
  ]
  const ask = async (text: string, mode: SearchMode) => {
    const highlight = { before, after, fragments: 1, fragmentLength: 150 }
    const { hits } = await search(client, resources, {
      index: INDEX,
      text,
      mode,
      size: HITS,
      explain: true,
      highlight,
    })
    return hits
  }
  const answers: Answer[] = []
  for (const question of QUESTIONS) {
    answers.push({ question, bm25: await ask(question, 'bm25'), lexpand: await ask(question, 'sparse') })
  }
  return answers
}

function page({ passages, encoded, unchanged, seconds, answers }: DemoResult): string {
  const width = Math.min(Math.max(process.stdout.columns ?? 100, 60), 140)
  const rule = '-'.repeat(width)
  return [
    `${passages} passages: ${encoded} encoded now, ${unchanged} already there (${seconds.toFixed(1)} s)`,
    ...answers.flatMap(({ question, bm25, lexpand }) => [
      rule,
      styleText('bold', `"${question}"`, { stream: process.stdout }),
      sideBySide(['BM25', ...blocks(bm25)], ['Lexpand', ...blocks(lexpand)], width),
    ]),
    rule,
    'A star marks word pieces that the passage does not contain: the encoder added them when it was indexed.',
    'Next:',
    `  npx lexpand search "your own question" --index ${INDEX} --explain`,
    '  npx lexpand index your-documents.jsonl --index yours      (also CSV, a folder, or - for standard input)',
    '  npx lexpand status; npx lexpand down                      (the services run on until then)',
  ].join('\n')
}

function blocks(hits: readonly SearchHit[]): string[] {
  return hits.length === 0 ? ['nothing found'] : hits.flatMap(block)
}

function block({ source, highlights = [], explanation }: SearchHit, at: number): string[] {
  const text = highlights[0] ?? String(source.text).slice(0, 150)
  return [
    `${at + 1}. ${source.title} (${source.package})`,
    `   ${text}`,
    ...(explanation === undefined ? [] : [`   = ${explained(explanation.slice(0, SHOWN_PIECES))}`]),
  ]
}
