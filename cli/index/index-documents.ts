import type { Command } from 'commander'
import { typedRecords } from '../../sources/field-types.ts'
import { readAhead } from '../../sources/head.ts'
import { openSource, type SourceKind } from '../../sources/open-source.ts'
import type { OnProblem, SourceProblem, SourceRecord } from '../../sources/record.ts'
import { cutRecords } from '../../sources/text/cut-records.ts'
import { findHtmlFields, withoutMarkup } from '../../sources/text/html-fields.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import { connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { readMappingFile } from '../shell/mapping-file.ts'
import { openModel, withModel } from '../shell/model.ts'
import { EXIT, note, printResult } from '../shell/output.ts'
import { chooseFields, firstDocuments } from './choose-fields.ts'
import { fillIndex } from './fill-index.ts'
import { type IndexFlags, withIndexFlags } from './index-flags.ts'
import { type IndexResult, indexReport } from './index-report.ts'
import { planColumns, readTarget } from './index-target.ts'
import { withoutStalePassages } from './stale-passages.ts'
import { untilAborted } from './until-aborted.ts'

export function register(program: Command): void {
  const command = program
    .command('index')
    .description(
      'Store documents and encode them: a file with JSON (lines, a list, printed objects, a _bulk body), CSV, TSV or Parquet, packed with gzip or zstd or not; a folder of text, Markdown and HTML files; a BEIR folder; or - for standard input. Documents that are there already, unchanged, are skipped; of several with one id the last wins.',
    )
    .argument('<source>', 'file, folder, or - for standard input')
    .action(indexDocuments)
  withExamples(withJson(withModel(withConnection(withIndexFlags(command)))), [
    'lexpand index articles.jsonl.gz --index articles',
    'lexpand index products.csv --index products --id-field sku --fields name,description --types price:float,published:date',
    'lexpand index pages.parquet --index pages --html-fields body --passages 200',
    'lexpand index ./docs --index manual --passages 100',
    'mongoexport -c articles | lexpand index - --index articles --no-wait',
  ])
}

const SAMPLE_RECORDS = 1_000
const SHOWN_PROBLEMS = 20

async function indexDocuments(reference: string, flags: IndexFlags): Promise<void> {
  const problems: SourceProblem[] = []
  let unusable = 0
  const onProblem = (problem: SourceProblem) => {
    unusable += 1
    if (problems.length < SHOWN_PROBLEMS) problems.push(problem)
  }
  const { idField, format, delimiter, columns, passages, mappingFile } = flags
  const body = mappingFile === undefined ? undefined : await readMappingFile(mappingFile, 'index')
  const source = await openSource(
    reference,
    { onProblem, idField, format, delimiter, columns, wordsPerPassage: passages },
    process.stdin,
  )
  const [sample, records] = await readAhead(source.records, ({ length }) => length >= SAMPLE_RECORDS)
  const signal = interruption(
    `Stopping. What is stored stays; to finish: run the same command again, or lexpand worker.`,
  )
  const model = await openModel(flags)
  const connection = await connect(flags)
  const { client } = connection
  const target = await readTarget(client, flags.index)
  const { fields, isFound } = chooseFields({
    ...target,
    index: flags.index,
    wanted: flags.fields,
    sample,
    problems,
    source: reference === '-' ? 'standard input' : reference,
  })
  const plan = planColumns(flags, body, target, { kind: source.kind, sample, fields })
  const first = `found in ${firstDocuments(sample.length)}`
  if (isFound) note(`Text fields: ${fields.join(', ')} (${first}; others with --fields)`)
  const found = Object.entries(plan.found).map(([name, type]) => `${name} ${type}`)
  if (found.length > 0)
    note(
      `Types: ${found.join(', ')} (${first}; others with --types or --mapping-file; the rest is left to the engine)`,
    )
  offerHtmlFields(flags, sample, fields)
  const documents = shaped(records, { flags, kind: source.kind, fields, types: plan.types, onProblem })
  const report = await fillIndex({
    connection,
    model,
    index: flags.index,
    fields,
    sparseField: flags.fields === undefined ? target.installed?.sparse_field : undefined,
    analyzer: flags.analyzer,
    vectorType: flags.vectorType,
    versioning: flags.versioning,
    mapping: plan.mapping,
    settings: body?.settings,
    documents: untilAborted(
      passages === undefined || target.mapping === undefined
        ? documents
        : withoutStalePassages(documents, client, flags.index),
      signal,
    ),
    wait: flags.wait,
    signal,
  })
  // An idle pipe would keep the process alive.
  if (signal.aborted) process.stdin.destroy()
  const result: IndexResult = {
    ...report,
    read: report.read + unusable,
    failed: report.failed + unusable,
    errors: [
      ...problems.map(({ position, message }) => ({ position, reason: message })),
      ...report.errors,
    ].slice(0, SHOWN_PROBLEMS),
    ...(signal.aborted ? { interrupted: true } : {}),
  }
  printResult(flags.json, result, (shown) => indexReport(shown, flags))
  if (result.failed > 0 || signal.aborted) process.exitCode = EXIT.problems
}

function offerHtmlFields(
  { htmlFields }: IndexFlags,
  sample: readonly SourceRecord[],
  fields: readonly string[],
): void {
  const html = htmlFields === undefined ? findHtmlFields(sample, fields) : []
  if (html.length === 0) return
  note(
    `${html.join(', ')}: most values look like HTML, whose tags count as words. Ctrl-C now and add --html-fields ${html.join(',')} to store the text alone.`,
  )
}

interface Shape {
  readonly flags: IndexFlags
  readonly kind: SourceKind
  readonly fields: readonly string[]
  readonly types: Readonly<Record<string, string>>
  readonly onProblem: OnProblem
}

/** Turns records into documents: typed, without markup, cut into passages, each only if asked for. */
function shaped(records: AsyncIterable<SourceRecord>, shape: Shape): AsyncIterable<SourceRecord> {
  const { flags, kind, fields, types, onProblem } = shape
  const typed = Object.keys(types).length === 0 ? records : typedRecords(records, types, onProblem)
  const text = flags.htmlFields === undefined ? typed : withoutMarkup(typed, flags.htmlFields)
  // Text files are cut at their headings by their reader.
  const isCut = kind === 'folder' || kind === 'text'
  return flags.passages === undefined || isCut ? text : cutRecords(text, fields, flags.passages)
}
