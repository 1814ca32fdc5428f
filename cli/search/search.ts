import type { Client } from '@opensearch-project/opensearch'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { readInstalledIndices } from '../../mappings/index.ts'
import { type QueryIdf, type SearchMode, search } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { integer, jsonObject, list } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { printResult } from '../shell/output.ts'
import {
  type FeedbackFlags,
  type FusionFlags,
  fusionOf,
  SEARCH_MODES,
  withFeedback,
  withFusion,
  withIdf,
} from '../shell/ranking-flags.ts'
import { facetAggregations, resultPage, valueFields } from './search-page.ts'

export function register(program: Command): void {
  const command = program
    .command('search')
    .description(
      'Search an index. No model runs: the query is split into word pieces and weighted by a table. "Quoted phrases" must match, -words must not.',
    )
    .argument('<text>', 'what to search for')
    .addOption(
      new Option('--index <name>', 'index or alias; several with commas between')
        .argParser(list())
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--mode <mode>', 'learned weights, plain text, or both (default: hybrid)').choices(
        SEARCH_MODES,
      ),
    )
    .addOption(
      new Option(
        '--history <text>',
        'earlier question of the conversation, oldest first; may be repeated',
      ).argParser((turn: string, before: readonly string[] | undefined) => [...(before ?? []), turn]),
    )
    .addOption(new Option('--size <n>', 'hits').default(10).argParser(integer(0, 10_000)))
    .addOption(new Option('--from <n>', 'hits to skip').argParser(integer(0, 10_000)).conflicts('page'))
    .addOption(new Option('--page <n>', 'page of --size hits, from 1').argParser(integer(1, 10_000)))
    .addOption(
      new Option('--filter <json>', 'query DSL clause that every hit must match').argParser(jsonObject),
    )
    .addOption(
      new Option(
        '--sort <fields>',
        'fields with commas between instead of the score: price, date:desc, _score',
      ).argParser(sortKeys),
    )
    .addOption(
      new Option('--facet <fields>', 'count the values of these fields over all hits').argParser(list()),
    )
    .option(
      '--collapse <field>',
      'only the best hit of each value, such as the best passage of each parent_id',
    )
    .addOption(new Option('--fields <fields>', 'fields of the documents to return').argParser(list()))
    .option('--total', 'count all hits exactly, which costs 2 to 5 times the search', false)
    .option('--explain', 'show which word pieces matched, with their share of the score', false)
    .option('--highlight', 'show excerpts with the matched words marked', false)
    .action(searchIndex)
  withExamples(withJson(withModel(withConnection(withFusion(withFeedback(withIdf(command)))))), [
    'lexpand search "heart attack treatment" --index articles',
    'lexpand search "heart attack treatment" --index articles --mode sparse --explain --highlight',
    `lexpand search '"heart attack" treatment -surgery' --index articles --sort date:desc --facet year --total`,
    'lexpand search "heart attack" --index handbook --collapse parent_id',
    `lexpand search "shoes" --index products --filter '{"range":{"price":{"lt":50}}}' --page 2 --json`,
  ])
}

interface SearchFlags extends ModelFlags, ConnectionFlags, FusionFlags, FeedbackFlags {
  readonly index: readonly string[]
  readonly mode?: SearchMode | undefined
  readonly idf: QueryIdf
  readonly history?: readonly string[] | undefined
  readonly size: number
  readonly from?: number | undefined
  readonly page?: number | undefined
  readonly filter?: Record<string, unknown> | undefined
  readonly sort?: readonly Record<string, unknown>[] | undefined
  readonly facet?: readonly string[] | undefined
  readonly collapse?: string | undefined
  readonly fields?: readonly string[] | undefined
  readonly total: boolean
  readonly explain: boolean
  readonly highlight: boolean
  readonly json: boolean
}

async function searchIndex(text: string, flags: SearchFlags): Promise<void> {
  const { index, mode, idf, history, size, page, filter, sort, facet, collapse, fields, explain, highlight } =
    flags
  const from = flags.from ?? ((page ?? 1) - 1) * size
  const model = await openModel(flags)
  const { client } = await connect(flags, { redis: false })
  const result = await search(client, model, {
    index,
    text,
    mode,
    idf,
    history,
    fusion: fusionOf(flags),
    feedback: flags.feedback,
    size,
    from,
    filter,
    sort,
    aggregations: facet && (await facetAggregations(client, index.join(), facet)),
    collapse: collapse === undefined ? undefined : { field: await collapseField(client, index, collapse) },
    sourceFields: fields,
    trackTotalHits: flags.total,
    explain,
    highlight,
  })
  const [first] = await readInstalledIndices(client, index[0] ?? '')
  if (first === undefined)
    throw new LexpandError('INDEX', `[search] expected an index behind ${index}, got none. Check it.`)
  printResult(flags.json, result, (shown) => resultPage(shown, fields ?? first.specification.fields, from))
}

async function collapseField(
  client: Client,
  index: readonly string[],
  name: string,
): Promise<string | undefined> {
  return (await valueFields(client, index.join(), [name]))[0]
}

/** Parses `price,date:desc`. */
function sortKeys(text: string): Record<string, unknown>[] {
  return list()(text).map((key) => {
    const [, field = '', order] = /^(.*?)(?::(asc|desc))?$/.exec(key) ?? []
    if (field === '' || field.includes(':'))
      throw new InvalidArgumentError('Expected fields, each perhaps with :asc or :desc.')
    return { [field]: { order: order ?? (field === '_score' ? 'desc' : 'asc') } }
  })
}
