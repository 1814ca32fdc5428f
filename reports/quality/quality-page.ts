import type { Machine } from '../../measure/machine.ts'
import { ADVISED_WAY, DEFAULT_WAY, FEEDBACK_WAYS, SPARSE_WAY } from './engine-figures.ts'
import type { Figures } from './quality-figures.ts'

export interface MeasuredModel {
  readonly name: string
  readonly figures: readonly Figures[]
}

export interface MeasuredSet {
  readonly name: string
  readonly documents: number
  readonly queries: number
  readonly bm25: Figures
  /** In the order of the command. */
  readonly models: readonly MeasuredModel[]
}

/** A collection whose questions have earlier turns. */
export interface MeasuredConversations {
  readonly name: string
  readonly documents: number
  readonly queries: number
  readonly figures: readonly Figures[]
}

export interface Circumstances {
  readonly command: string
  readonly commit: string
  readonly openSearch: string
  readonly machine: Machine
}

const HEAD = [
  ['', 'nDCG@10', 'Recall@100', 'against BM25', 'p', 'pieces a document', 'expected matches'],
  ['---', '---:', '---:', '---:', '---:', '---:', '---:'],
]

/** The whole docs/quality.md. */
export function qualityPage(
  sets: readonly MeasuredSet[],
  conversations: readonly MeasuredConversations[],
  about: Circumstances,
): string {
  const ofSets = sets.flatMap((set) => [
    `## ${set.name}`,
    `${set.documents.toLocaleString('en-US')} documents, ${set.queries.toLocaleString('en-US')} queries`,
    table(rowsOf(set)),
  ])
  return `${[
    '# Quality',
    `Written by \`${about.command}\` on ${about.machine.date.slice(0, 10)} at commit ${about.commit}: OpenSearch ${about.openSearch}, Node ${about.machine.node}, ${about.machine.cores} cores of ${about.machine.processor}. Do not edit.`,
    'Documents are cut at 512 word pieces, as published figures are, encoded by the shipped files, and stored in one text field (title and text joined, analyzer `english`) and its vectors, pruned at .1. Rows without "exact" are what `search` of the library gives on that index through stock clauses, with the options that the row names and the defaults for everything else; "exact" rows are exact dot products in memory. nDCG has linear gain. "p" is that of a paired randomisation test on nDCG@10 against BM25. "Expected matches" are the word pieces of a query that a document is expected to carry (FLOPS). Corpus IDF counts the pieces of the set itself. "In lexpand_impacts" has the weights rounded as that field type of the plugin stores them.',
    '"As advise chooses" is a balance, with or without feedback, by the judgments of every second query, measured on the other queries: what `lexpand advise --qrels --store` does with an index.',
    ...(sets.length > 1 ? ['## Mean over the sets', table(meanRows(sets))] : []),
    ...(sets.length > 0 ? feedbackSection(sets) : []),
    ...conversations.flatMap(conversationSection),
    ...ofSets,
  ].join('\n\n')}\n`
}

/** nDCG@10 of every order of both searches, a column for each set: of the first model. */
function feedbackSection(sets: readonly MeasuredSet[]): string[] {
  const ways = [SPARSE_WAY, DEFAULT_WAY, ...Object.keys(FEEDBACK_WAYS)]
  const head = ['', ...sets.map(({ name }) => name), 'mean']
  const rows = ways.map((way) => {
    const values = sets.map(
      ({ models }) => models[0]?.figures.find((one) => one.way === way)?.ndcg_at_10 ?? 0,
    )
    return [way, ...values.map(fixed), fixed(mean(values))]
  })
  return [
    '## Feedback of the first hits',
    'nDCG@10. The vectors of the first five hits add twenty word pieces with a fifth of the weight of the query, and a second search ranks. First hits and final ranking can each be sparse or hybrid.',
    lined([head, head.map((_, place) => (place === 0 ? '---' : '---:')), ...rows]),
  ]
}

function conversationSection({ name, documents, queries, figures }: MeasuredConversations): string[] {
  const rows = figures.map(({ way, ndcg_at_10, recall_at_100, against_baseline: found }) => [
    way,
    fixed(ndcg_at_10),
    recallOf({ recall_at_100 }),
    found === undefined || found.mean_difference === 0 ? '' : signed(found.mean_difference),
    found === undefined || found.mean_difference === 0 ? '' : found.p_value.toPrecision(1),
  ])
  return [
    `## Conversations: ${name}`,
    `${documents.toLocaleString('en-US')} documents, ${queries.toLocaleString('en-US')} questions of conversations, the default of a search unless the row names another mode; differences are those to the last turn alone. The documents are a pool of judged ones and some others: compare systems, quote no absolute figures.`,
    lined([
      ['', 'nDCG@10', 'Recall@100', 'against alone', 'p'],
      ['---', '---:', '---:', '---:', '---:'],
      ...rows,
    ]),
  ]
}

/** The short table of the README, with the first model of each set. */
export function qualitySummary(sets: readonly MeasuredSet[], about: Circumstances): string {
  const ways = ['exact: sparse, pruned at .1', SPARSE_WAY, DEFAULT_WAY, ADVISED_WAY]
  const cells = (bm25: Figures, found: readonly (Figures | undefined)[]) =>
    [bm25, ...found].map((f) => (f === undefined ? '' : both(f)))
  const rows = sets.map(({ name, documents, queries, bm25, models }) => {
    const figures = models[0]?.figures ?? []
    const found = ways.map((way) => figures.find((f) => f.way === way))
    return [
      name,
      documents.toLocaleString('en-US'),
      queries.toLocaleString('en-US'),
      ...cells(bm25, found),
      against(found[2]),
    ]
  })
  const head = [
    'set',
    'documents',
    'queries',
    'BM25',
    "sparse, the model's table",
    'sparse',
    'default (hybrid)',
    'as `advise` chooses',
    'default against BM25',
  ]
  const lines = [
    head,
    head.map((_, at) => (at === 0 || at === 8 ? '---' : '---:')),
    ...rows,
    ...meanLine(sets, ways),
  ]
  const model = sets[0]?.models[0]?.name ?? ''
  return `${lined(lines)}\n\nModel ${model}. Written by \`${about.command}\` on ${about.machine.date.slice(0, 10)} at commit ${about.commit}; everything measured, and how: [docs/quality.md](docs/quality.md).`
}

function meanLine(sets: readonly MeasuredSet[], ways: readonly string[]): string[][] {
  if (sets.length < 2) return []
  const means = [['BM25'], ...ways.map((way) => [way])].map(([way]) => {
    const found = sets.flatMap(({ bm25, models }) =>
      [bm25, ...(models[0]?.figures ?? [])].filter((figure) => figure.way === way),
    )
    return found.length < sets.length
      ? ''
      : both({
          way: way ?? '',
          ndcg_at_10: mean(found.map((f) => f.ndcg_at_10)),
          recall_at_100: meanRecall(found),
        })
  })
  return [['**mean**', '', '', ...means, '']]
}

function against(figure: Figures | undefined): string {
  const found = figure?.against_baseline
  return found === undefined ? '' : `${signed(found.mean_difference)} (p = ${found.p_value.toPrecision(1)})`
}

function rowsOf({ bm25, models }: MeasuredSet): string[][] {
  return [
    cellsOf('BM25', bm25),
    ...models.flatMap(({ name, figures }) => figures.map((f) => cellsOf(`${name}: ${f.way}`, f))),
  ]
}

function cellsOf(name: string, figure: Figures): string[] {
  const { against_baseline: found, tokens_per_document: tokens, flops } = figure
  return [
    name,
    fixed(figure.ndcg_at_10),
    recallOf(figure),
    found === undefined ? '' : signed(found.mean_difference),
    found?.p_value.toPrecision(1) ?? '',
    tokens?.toFixed(0) ?? '',
    flops?.toFixed(2) ?? '',
  ]
}

/** Rows for configurations that were measured on every set. */
function meanRows(sets: readonly MeasuredSet[]): string[][] {
  const perSet = sets.map((set) => rowsByName(set))
  return [...(perSet[0]?.keys() ?? [])]
    .filter((name) => perSet.every((rows) => rows.has(name)))
    .map((name) => {
      const found = perSet.map((rows) => rows.get(name) as Figures)
      const over = (value: (figure: Figures) => number | undefined, digits: number) => {
        const values = found.map(value).filter((one) => one !== undefined)
        return values.length === found.length ? mean(values).toFixed(digits) : ''
      }
      const difference = over((f) => f.against_baseline?.mean_difference, 3)
      return [
        name,
        over((f) => f.ndcg_at_10, 3),
        over((f) => f.recall_at_100, 3),
        difference === '' || difference.startsWith('-') ? difference : `+${difference}`,
        '',
        over((f) => f.tokens_per_document, 0),
        over((f) => f.flops, 2),
      ]
    })
}

function rowsByName({ bm25, models }: MeasuredSet): Map<string, Figures> {
  const all = models.flatMap(({ name, figures }) => figures.map((f) => [`${name}: ${f.way}`, f] as const))
  return new Map([['BM25', bm25], ...all])
}

function table(rows: readonly (readonly string[])[]): string {
  return lined([...HEAD, ...rows])
}

function lined(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function both(figure: Figures): string {
  const recall = recallOf(figure)
  return recall === '' ? fixed(figure.ndcg_at_10) : `${fixed(figure.ndcg_at_10)} / ${recall}`
}

function recallOf({ recall_at_100: recall }: Pick<Figures, 'recall_at_100'>): string {
  return recall === undefined ? '' : fixed(recall)
}

function meanRecall(figures: readonly Figures[]): number | undefined {
  const values = figures.map(({ recall_at_100: recall }) => recall).filter((recall) => recall !== undefined)
  return values.length < figures.length ? undefined : mean(values)
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}

function fixed(value: number): string {
  return value.toFixed(3)
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`
}
