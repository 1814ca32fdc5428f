import { type Command, Option } from 'commander'
import { readSpecification } from '../mappings/index.ts'
import {
  type QueryIdf,
  type SearchHit,
  type SearchMode,
  type SearchResult,
  search,
} from '../pipelines/index.ts'
import { integer, jsonObject } from './shell/arguments.ts'
import { withConnection, withExamples, withJson } from './shell/command.ts'
import type { ConnectionFlags } from './shell/configuration.ts'
import { connect } from './shell/connect.ts'
import { type ModelFlags, openModel, withModel } from './shell/model.ts'
import { printResult } from './shell/output.ts'

export const SEARCH_MODES = ['sparse', 'bm25', 'hybrid'] as const satisfies readonly SearchMode[]

export const QUERY_IDFS = ['model', 'corpus', 'blend'] as const satisfies readonly QueryIdf[]

export function register(program: Command): void {
  const command = program
    .command('search')
    .description(
      'Search an index. No model runs: the query is split into word pieces and weighted by a table.',
    )
    .argument('<text>', 'what to search for')
    .requiredOption('--index <name>', 'index or alias')
    .addOption(
      new Option(
        '--mode <mode>',
        'learned weights, plain text, or both (default: sparse; hybrid while documents wait for a vector)',
      ).choices(SEARCH_MODES),
    )
    .addOption(
      new Option(
        '--idf <source>',
        'query weights: the table of the model, rarity in the searched index, or half of each',
      )
        .choices(QUERY_IDFS)
        .default('model'),
    )
    .addOption(new Option('--size <n>', 'hits').default(10).argParser(integer(0, 10_000)))
    .addOption(new Option('--from <n>', 'hits to skip').default(0).argParser(integer(0, 10_000)))
    .addOption(
      new Option('--filter <json>', 'query DSL clause that every hit must match').argParser(jsonObject),
    )
    .option('--explain', 'show which word pieces matched, with their share of the score', false)
    .option('--highlight', 'show excerpts with the matched words marked', false)
    .action(searchIndex)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand search "heart attack treatment" --index articles',
    'lexpand search "heart attack treatment" --index articles --mode hybrid --explain --highlight',
    `lexpand search "shoes" --index products --filter '{"range":{"price":{"lt":50}}}' --json`,
  ])
}

interface SearchFlags extends ModelFlags, ConnectionFlags {
  readonly index: string
  readonly mode?: SearchMode | undefined
  readonly idf: QueryIdf
  readonly size: number
  readonly from: number
  readonly filter?: Record<string, unknown> | undefined
  readonly explain: boolean
  readonly highlight: boolean
  readonly json: boolean
}

async function searchIndex(text: string, flags: SearchFlags): Promise<void> {
  const { index, mode, idf, size, from, filter, explain, highlight } = flags
  const model = await openModel(flags)
  const { client } = await connect(flags, { redis: false })
  const result = await search(client, model, {
    index,
    text,
    idf,
    size,
    from,
    explain,
    highlight,
    ...(mode === undefined ? {} : { mode }),
    ...(filter === undefined ? {} : { filter }),
  })
  const { fields } = await readSpecification(client, index)
  printResult(flags.json, result, (shown) => page(shown, fields, from))
}

function page(
  { mode, tookMs, coverage, hits }: SearchResult,
  fields: readonly string[],
  from: number,
): string {
  const partly =
    coverage === undefined || coverage === 1
      ? ''
      : ` (${(coverage * 100).toFixed(1)}% of the documents have a vector yet)`
  const head = `${hits.length} hits by ${mode}${partly} in ${tookMs.toFixed(1)} ms`
  return [head, ...hits.map((hit, at) => lines(hit, fields, from + at + 1))].join('\n')
}

function lines(hit: SearchHit, fields: readonly string[], rank: number): string {
  const text = fields
    .map((field) => hit.source[field])
    .filter((value) => typeof value === 'string' && value !== '')
  const { explanation, highlights } = hit
  return [
    `${String(rank).padStart(3)}. ${hit.score.toFixed(3).padStart(7)}  ${hit.id}`,
    ...(highlights === undefined || highlights.length === 0
      ? [`     ${shorten(text.join(' | '), 200)}`]
      : highlights.map((excerpt) => `     ${excerpt.replace(/\s+/g, ' ')}`)),
    ...(explanation === undefined ? [] : [`     ${explained(explanation)}`]),
  ].join('\n')
}

/** "envy* 3.21 + jealous 2.10": what adds up to the score; a star marks pieces that the text does not have. */
export function explained(explanation: NonNullable<SearchHit['explanation']>): string {
  return explanation
    .map(({ token, contribution, expansion }) => `${token}${expansion ? '*' : ''} ${contribution.toFixed(2)}`)
    .join(' + ')
}

function shorten(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${line.slice(0, length - 3)}...`
}
