import { type Command, Option } from 'commander'
import { benchSearch, LOAD_CLIENTS } from '../../bench/search/search.ts'
import { CONDITIONS, type Condition } from '../../bench/search/search-conditions.ts'
import { searchTable } from '../../bench/search/search-table.ts'
import { benchQueries, FILTERS, VARIANTS, type VariantName } from '../../measure/search-variants.ts'
import { readQueries } from '../../quality/query-files.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { integer, list } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { note, printResult } from '../shell/output.ts'

const NAMES = Object.keys(VARIANTS) as VariantName[]

/** Adds `lexpand bench search`. */
export function registerBenchSearch(bench: Command): void {
  const search = bench
    .command('search')
    .description(
      'Time of a search over the same documents as BM25, as stock sparse clauses and as our query: one client, one shard, one segment, by turns. Leaves its indices (lexpand-bench-*) for the next run.',
    )
    .requiredOption('--documents <file>', 'JSON lines with _id and text')
    .requiredOption(
      '--vectors <file>',
      'JSON lines with _id and vector (word piece: weight), same ids and order',
    )
    .requiredOption('--queries <file>', 'lines of text, or JSON lines with text')
    .addOption(
      new Option('--take <n>', 'documents, from the first on (default: all)').argParser(
        integer(1, 1_000_000_000),
      ),
    )
    .addOption(
      new Option('--variants <list>', `of ${NAMES.join(', ')}`).default(NAMES, 'all').argParser(variants),
    )
    .addOption(
      new Option(
        '--also <list>',
        `load: ${LOAD_CLIENTS} clients at once; unmerged: the segments that filling leaves; counted: track_total_hits at its default; filtered: beside filters that let ${FILTERS.join(', ')}% of the documents through`,
      )
        .default([], 'none')
        .argParser(list(CONDITIONS)),
    )
    .addOption(
      new Option('--limit <n>', 'queries, from the first on').default(1_000).argParser(integer(1, 1_000_000)),
    )
    .addOption(new Option('--rounds <n>', 'counted passes').default(5).argParser(integer(1, 1_000)))
    .addOption(new Option('--size <n>', 'hits of a query').default(10).argParser(integer(1, 10_000)))
    .action(run)
  withExamples(withJson(withConnection(withModel(search))), [
    'lexpand bench search --documents documents.jsonl --vectors vectors.jsonl --queries queries.jsonl',
    'lexpand bench search --documents d.jsonl --vectors v.jsonl --queries q.jsonl --variants bm25,lexpand --json',
    'lexpand bench search --documents d.jsonl --vectors v.jsonl --queries q.jsonl --also load,unmerged,counted',
  ])
}

interface BenchSearchFlags extends ConnectionFlags, ModelFlags {
  readonly documents: string
  readonly vectors: string
  readonly queries: string
  readonly take?: number | undefined
  readonly variants: readonly VariantName[]
  readonly also: readonly Condition[]
  readonly limit: number
  readonly rounds: number
  readonly size: number
  readonly json: boolean
}

async function run(flags: BenchSearchFlags): Promise<void> {
  const model = await openModel(flags)
  const texts = [...(await readQueries(flags.queries, 'bench')).values()]
  const queries = benchQueries(texts.slice(0, flags.limit), model)
  if (queries.length === 0) throw noQueries(flags.queries)
  const { client, opensearchUrl } = await connect(flags, { redis: false })
  if (!opensearchUrl.startsWith('http:')) throw notPlain(opensearchUrl)
  const { variants, also, rounds, size, take = Number.POSITIVE_INFINITY } = flags
  const files = { documents: flags.documents, vectors: flags.vectors }
  const measured = { url: opensearchUrl, model, files, take, queries, variants, also, rounds, size }
  printResult(flags.json, await benchSearch({ client, ...measured, onProgress: note }), searchTable)
}

function variants(text: string): VariantName[] {
  return list()(text).map((name) => {
    if (Object.hasOwn(VARIANTS, name)) return name as VariantName
    throw new LexpandError(
      'CONFIGURATION',
      `[bench] expected variants of ${NAMES.join(', ')}, got ${name}. Change --variants.`,
    )
  })
}

function noQueries(file: string): LexpandError {
  return new LexpandError(
    'INPUT',
    `[bench] expected queries with word pieces in ${file}, got none. Write one {"text": ...} a line.`,
  )
}

function notPlain(url: string): LexpandError {
  return new LexpandError(
    'CONFIGURATION',
    `[bench] expected an http address, got ${url}: encryption would be measured, too. Use a node without TLS.`,
  )
}
