import { styleText } from 'node:util'
import type { Client } from '@opensearch-project/opensearch'
import type { Command } from 'commander'
import type { Model } from '../../models/index.ts'
import { type SearchMode, search } from '../../pipelines/index.ts'
import { type DocumentationPassage, documentationPassages } from '../../sources/documentation.ts'
import type { SourceDocument } from '../../workers/index.ts'
import { fillIndex } from '../index/fill-index.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { EXIT, note, printResult } from '../shell/output.ts'
import { type Answer, type DemoResult, demoPage, pageWidth } from './demo-page.ts'

/**
 * Each question has a word that its passage lacks (combine: merge; colour: color; alarm: warning), so that a search by
 * words alone ranks other passages first.
 */
const QUESTIONS = ['combine two objects', 'colour in the terminal', 'raise an alarm only once']
const INDEX = 'lexpand-demo'
const FIELDS = ['title', 'text']
/** Enough passages to make a find meaningful, and short enough to be encoded within a minute on two cores. */
const PASSAGES = { limit: 1_050, wordsPerPassage: 60 }
/** Number of passages shown in each answer. */
const HITS = 2
/** Depth to which BM25's answer is searched for Lexpand's first passage. */
const BM25_DEPTH = 100

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

async function demo(flags: DemoFlags): Promise<void> {
  const result = await runDemo(flags)
  if (result === undefined) {
    process.exitCode = EXIT.problems
    return
  }
  printResult(flags.json, result, (shown) => demoPage(shown, pageWidth(process.stdout.columns)))
  if (result.failed > 0) process.exitCode = EXIT.problems
}

/** @returns undefined when it was interrupted */
export async function runDemo(flags: ModelFlags & ConnectionFlags): Promise<DemoResult | undefined> {
  const passages = documentationPassages(PASSAGES)
  const packages = new Set(passages.map((passage) => passage.package)).size
  note(`${passages.length} passages from the documentation of ${packages} npm packages on this machine`)
  const signal = interruption('Stopping. Run the demo again to go on where it was.')
  const model = await openModel(flags)
  const connection = await connect(flags)
  const { unchanged, failed, seconds, indexed } = await fillIndex({
    connection,
    model,
    index: INDEX,
    fields: FIELDS,
    documents: toDocuments(passages),
    wait: true,
    signal,
  })
  if (signal.aborted) return undefined
  await removeOthers(connection.client, passages)
  const answers = await answerAll(connection.client, model)
  return {
    index: INDEX,
    passages: passages.length,
    packages,
    encoded: indexed,
    unchanged,
    failed,
    seconds,
    answers,
  }
}

async function* toDocuments(passages: readonly DocumentationPassage[]): AsyncGenerator<SourceDocument> {
  for (const { id, ...source } of passages) yield { id, source }
}

/** Packages change between two runs: passages of removed packages are no answers. */
async function removeOthers(client: Client, passages: readonly DocumentationPassage[]): Promise<void> {
  const ids = { values: passages.map(({ id }) => id) }
  await client.deleteByQuery({
    index: INDEX,
    refresh: true,
    conflicts: 'proceed',
    body: { query: { bool: { must_not: [{ ids }] } } },
  })
}

async function answerAll(client: Client, model: Model): Promise<Answer[]> {
  const [before, after] = styleText('bold', '\u0000', { stream: process.stdout }).split('\u0000') as [
    string,
    string,
  ]
  const ask = async (text: string, mode: SearchMode, size: number) => {
    const highlight = { before, after, fragments: 1, fragmentLength: 120 }
    const { hits } = await search<Omit<DocumentationPassage, 'id'>>(client, model, {
      index: INDEX,
      text,
      mode,
      size,
      explain: true,
      highlight,
    })
    return hits
  }
  const answers: Answer[] = []
  for (const question of QUESTIONS) {
    const bm25 = await ask(question, 'bm25', BM25_DEPTH)
    const lexpand = await ask(question, 'sparse', HITS)
    const rank = 1 + bm25.findIndex(({ id }) => id === lexpand[0]?.id)
    answers.push({
      question,
      bm25: bm25.slice(0, HITS),
      lexpand,
      // The number that BM25 searched matters where it did not find the passage.
      bm25Rank: rank === 0 ? null : rank,
      bm25Depth: BM25_DEPTH,
    })
  }
  return answers
}
