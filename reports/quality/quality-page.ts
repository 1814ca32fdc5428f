import type { Machine } from '../../measure/machine.ts'
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
export function qualityPage(sets: readonly MeasuredSet[], about: Circumstances): string {
  return `${[
    '# Quality',
    `Written by \`${about.command}\` on ${about.machine.date.slice(0, 10)} at commit ${about.commit}: OpenSearch ${about.openSearch}, Node ${about.machine.node}, ${about.machine.cores} cores of ${about.machine.processor}. Do not edit.`,
    'Documents are cut at 512 word pieces, as published figures are, and encoded by the shipped files. Sparse rankings are exact dot products; how near the engine comes with its nine bits says `lexpand eval --exact-check`. BM25 is the engine\'s (k1 1.2, b .75, analyzer `english`). nDCG has linear gain. "p" is that of a paired randomisation test on nDCG@10 against BM25. "Expected matches" are the word pieces of a query that a document is expected to carry (FLOPS). Corpus IDF counts the pieces of the set itself. One pass is sparse + balance x BM25 (the first thousand of each), the default what a search does whose request names nothing. Two lists are min-max over the first hundred of each, .35 BM25. Ways other than unpruned and .2 are pruned at .1. "In lexpand_impacts" has the weights rounded as that field type of the plugin stores them.',
    ...(sets.length > 1 ? ['## Mean over the sets', table(meanRows(sets))] : []),
    ...sets.flatMap((set) => [
      `## ${set.name}`,
      `${set.documents.toLocaleString('en-US')} documents, ${set.queries.toLocaleString('en-US')} queries`,
      table(rowsOf(set)),
    ]),
  ].join('\n\n')}\n`
}

/** The short table of the README, with the first model of each set. */
export function qualitySummary(sets: readonly MeasuredSet[], about: Circumstances): string {
  const ways = [
    'sparse, pruned at .1',
    'sparse, half corpus IDF',
    'default: one pass, idf auto, balance auto',
  ]
  const cells = (bm25: Figures, found: readonly (Figures | undefined)[]) =>
    [bm25, ...found].map((f) => (f === undefined ? '' : `${fixed(f.ndcg_at_10)} / ${fixed(f.recall_at_100)}`))
  const rows = sets.map(({ name, documents, queries, bm25, models }) => {
    const figures = models[0]?.figures ?? []
    const found = ways.map((way) => figures.find((f) => f.way === way))
    return [
      name,
      documents.toLocaleString('en-US'),
      queries.toLocaleString('en-US'),
      ...cells(bm25, found),
      against(found[0]),
    ]
  })
  const head = [
    'set',
    'documents',
    'queries',
    'BM25',
    'sparse',
    'sparse, half corpus IDF',
    'default: one pass, idf auto, balance auto',
    'sparse against BM25',
  ]
  const lines = [
    head,
    head.map((_, at) => (at === 0 || at === 7 ? '---' : '---:')),
    ...rows,
    ...meanLine(sets, ways),
  ]
  const model = sets[0]?.models[0]?.name ?? ''
  return `${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}\n\nModel ${model}. Written by \`${about.command}\` on ${about.machine.date.slice(0, 10)} at commit ${about.commit}; everything measured, and how: [docs/quality.md](docs/quality.md).`
}

function meanLine(sets: readonly MeasuredSet[], ways: readonly string[]): string[][] {
  if (sets.length < 2) return []
  const means = [['BM25'], ...ways.map((way) => [way])].map(([way]) => {
    const found = sets.flatMap(({ bm25, models }) =>
      [bm25, ...(models[0]?.figures ?? [])].filter((figure) => figure.way === way),
    )
    return found.length < sets.length
      ? ''
      : `${fixed(mean(found.map((f) => f.ndcg_at_10)))} / ${fixed(mean(found.map((f) => f.recall_at_100)))}`
  })
  return [['**mean**', '', '', ...means, '']]
}

function against(figure: Figures | undefined): string {
  const found = figure?.against_bm25
  return found === undefined ? '' : `${signed(found.mean_difference)} (p = ${found.p_value.toPrecision(1)})`
}

function rowsOf({ bm25, models }: MeasuredSet): string[][] {
  return [
    cellsOf('BM25', bm25),
    ...models.flatMap(({ name, figures }) => figures.map((f) => cellsOf(`${name}: ${f.way}`, f))),
  ]
}

function cellsOf(name: string, figure: Figures): string[] {
  const { against_bm25: found, tokens_per_document: tokens, flops } = figure
  return [
    name,
    fixed(figure.ndcg_at_10),
    fixed(figure.recall_at_100),
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
      const difference = over((f) => f.against_bm25?.mean_difference, 3)
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
  return [...HEAD, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
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
