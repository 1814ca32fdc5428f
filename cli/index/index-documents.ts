import { type Command, Option } from 'commander'
import { readSpecification } from '../../mappings/index.ts'
import { openSource } from '../../sources/open-source.ts'
import type { SourceProblem, SourceRecord } from '../../sources/record.ts'
import { findTextFields, peek } from '../../sources/text-fields.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { integer, list } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { type Connection, connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { EXIT, note, printResult } from '../shell/output.ts'
import { type VectorTypeFlags, vectorTypeOption } from '../shell/vector-type.ts'
import { type FillReport, fillIndex } from './fill-index.ts'

export function register(program: Command): void {
  const command = program
    .command('index')
    .description(
      'Store documents and encode them: a JSONL or CSV file, a folder of text, Markdown and HTML files, a BEIR folder, or - for standard input. Documents that are there already, unchanged, are skipped; of several with one id the last wins.',
    )
    .argument('<source>', 'file, folder, or - for standard input')
    .requiredOption('--index <name>', 'index to fill; made when missing')
    .addOption(
      new Option('--fields <list>', 'text fields in the order they are read (default: found)').argParser(
        list(),
      ),
    )
    .option('--id-field <name>', 'field with the id (default: _id, else id, else made from the content)')
    .addOption(
      new Option('--format <format>', 'how to read it (default: from the name)').choices(['jsonl', 'csv']),
    )
    .addOption(
      new Option('--passages <words>', 'cut text files into passages of about so many words').argParser(
        integer(10, 10_000),
      ),
    )
    .option('--analyzer <name>', 'analyzer of the text fields of a new index (default: english)')
    .addOption(vectorTypeOption('rank_features'))
    .option('--no-wait', 'leave the encoding to lexpand worker')
    .action(indexDocuments)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand index articles.jsonl --index articles',
    'lexpand index products.csv --index products --id-field sku --fields name,description',
    'lexpand index ./docs --index manual --passages 100',
    'zcat dump.jsonl.gz | lexpand index - --index articles --no-wait',
  ])
}

interface IndexFlags extends ModelFlags, ConnectionFlags, VectorTypeFlags {
  readonly index: string
  readonly fields?: readonly string[] | undefined
  readonly idField?: string | undefined
  readonly format?: 'jsonl' | 'csv' | undefined
  readonly passages?: number | undefined
  readonly analyzer?: string | undefined
  readonly wait: boolean
  readonly json: boolean
}

async function indexDocuments(reference: string, flags: IndexFlags): Promise<void> {
  const problems: SourceProblem[] = []
  let unusable = 0
  const source = await openSource(
    reference,
    {
      onProblem: (problem) => {
        unusable += 1
        if (problems.length < SHOWN_PROBLEMS) problems.push(problem)
      },
      ...(flags.format === undefined ? {} : { format: flags.format }),
      ...(flags.idField === undefined ? {} : { idField: flags.idField }),
      ...(flags.passages === undefined ? {} : { wordsPerPassage: flags.passages }),
    },
    process.stdin,
  )
  const [sample, documents] = await peek(source.records, SAMPLE_RECORDS)
  const signal = interruption('Stopping. Run the same command again, or lexpand worker, to finish.')
  const model = await openModel(flags)
  const connection = await connect(flags)
  const { fields, sparseField } = await chooseFields(flags, connection, sample)
  const report = await fillIndex({
    connection,
    model,
    index: flags.index,
    fields,
    documents,
    wait: flags.wait,
    signal,
    ...(sparseField === undefined ? {} : { sparseField }),
    ...(flags.analyzer === undefined ? {} : { analyzer: flags.analyzer }),
    vectorType: flags.vectorType,
  })
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
  printResult(flags.json, result, (shown) => summary(shown, flags))
  if (result.failed > 0 || signal.aborted) process.exitCode = EXIT.problems
}

type IndexResult = FillReport & { readonly interrupted?: true }

const SAMPLE_RECORDS = 20
const SHOWN_PROBLEMS = 20

/** The user's word, else what the index was made for, else what the first documents have. */
async function chooseFields(
  { index, fields }: IndexFlags,
  { client }: Connection,
  sample: readonly SourceRecord[],
): Promise<{ fields: readonly string[]; sparseField?: string }> {
  const existing = await readSpecification(client, index).catch((error: unknown) => {
    // No such index yet, or one without our fields: both are for the installer.
    if (error instanceof LexpandError && error.code === 'INDEX') return undefined
    throw error
  })
  if (fields !== undefined) return { fields }
  if (existing !== undefined) return { fields: existing.fields, sparseField: existing.sparse_field }
  const found = findTextFields(sample)
  note(`Text fields: ${found.join(', ')} (found in the first ${sample.length} records; others with --fields)`)
  return { fields: found }
}

function summary(result: IndexResult, { index, wait }: IndexFlags): string {
  const { read, indexed, skipped, unchanged, failed, pending, seconds, errors, duplicates } = result
  const rate = indexed / seconds
  const lines = errors.map(({ id, position, reason }) => `  ${position ?? id ?? '?'}: ${reason}`)
  return [
    ...(lines.length === 0 ? [] : ['Not indexed, or not encoded:', ...lines]),
    ...(failed > lines.length ? [`  ... and ${failed - lines.length} more`] : []),
    `${index}: ${read} read, ${indexed} indexed (${rate.toFixed(1)}/s), ${skipped} skipped (${unchanged} unchanged, ${skipped - unchanged} without text), ${failed} failed in ${seconds.toFixed(1)} s`,
    ...(duplicates > 0 ? [`${duplicates} ids came more than once: the last document won.`] : []),
    ...(pending > 0
      ? [`${pending} documents wait for a vector: ${wait ? 'run this again, or' : 'run'} lexpand worker`]
      : []),
    ...(pending === 0 && failed === 0 ? [`Next: lexpand search "..." --index ${index}`] : []),
  ].join('\n')
}
