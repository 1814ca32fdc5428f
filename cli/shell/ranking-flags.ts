import { type Command, Option } from 'commander'
import type { Fusion, QueryIdf, SearchMode, SearchRequest } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { integer, number } from './arguments.ts'

export const SEARCH_MODES = ['sparse', 'bm25', 'hybrid'] as const satisfies readonly SearchMode[]

const QUERY_IDFS = ['auto', 'model', 'corpus', 'blend'] as const satisfies readonly QueryIdf[]

/** Where query weights come from. */
export function withIdf(command: Command): Command {
  return command.addOption(
    new Option(
      '--idf <source>',
      'query weights: the table of the model, rarity in the searched index, half of each, or what the size of the index allows',
    )
      .choices(QUERY_IDFS)
      .default('auto'),
  )
}

export interface FeedbackFlags {
  readonly feedback?: SearchRequest['feedback']
}

/** Whether the first hits add to the query. */
export function withFeedback(command: Command): Command {
  return command.addOption(
    new Option(
      '--feedback <documents>',
      'learn from so many first hits, 1 to 10, and search again; off; auto: as lexpand advise --store has measured for the index (default: auto)',
    ).argParser(feedback),
  )
}

function feedback(text: string): SearchRequest['feedback'] {
  return text === 'auto' || text === 'off' ? text : { documents: integer(1, 10)(text) }
}

const FUSIONS = ['sum', 'min_max', 'rrf'] as const satisfies readonly Fusion['type'][]

export interface FusionFlags {
  readonly fusion?: Fusion['type'] | undefined
  readonly balance?: number | 'auto' | undefined
}

/** The option for how hybrid combines both signals. */
export function withFusion(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--fusion <way>',
        'hybrid in one query, or two lists that are merged (default: sum)',
      ).choices(FUSIONS),
    )
    .addOption(
      new Option(
        '--balance <number>',
        'weight of BM25 in hybrid, score = sparse + balance x BM25; auto: by the query (default: auto)',
      ).argParser(balance),
    )
}

/** @returns undefined where no flag was given: a search decides */
export function fusionOf({ fusion, balance: share }: FusionFlags): Fusion | undefined {
  if (share === undefined) return fusion === undefined ? undefined : { type: fusion }
  if (fusion === undefined || fusion === 'sum') return { type: 'sum', balance: share }
  throw new LexpandError(
    'CONFIGURATION',
    `[search] expected --balance beside the fusion sum, got ${fusion}. Leave one of the two out.`,
  )
}

function balance(text: string): number | 'auto' {
  return text === 'auto' ? text : number(0, 1_000)(text)
}
