// Evaluates BEIR folders and writes the table into the README: node bench/report-quality.ts DIRECTORY...
import { basename, resolve } from 'node:path'
import { writeGeneratedBlock } from './generated-block.ts'
import { commit, lexpandJson, projectFile } from './report-source.ts'

interface Metrics {
  readonly ndcg_at_10: number
  readonly recall_at_100: number
}

/** The part of `lexpand eval --json` that the table shows. */
interface Evaluation {
  readonly documents: number
  readonly queries: number
  readonly modes: Readonly<Record<Mode, Metrics>>
  readonly significance: { readonly sparse: { readonly p_value: number } }
  readonly exact_overlap_at_10: number
  readonly model: string
  readonly machine: {
    readonly processor: string
    readonly cores: number
    readonly node: string
    readonly date: string
  }
}

const MODES = ['bm25', 'sparse', 'hybrid'] as const
type Mode = (typeof MODES)[number]

const HEAD = [
  ['set', 'documents', 'queries', 'BM25', 'sparse', 'hybrid', 'sparse against BM25', 'first ten exact'],
  ['---', '---:', '---:', '---:', '---:', '---:', '---', '---:'],
]

const directories = process.argv.slice(2)
if (directories.length === 0) throw new Error('[report] expected BEIR folders, got none. Name at least one.')

const evaluations: [string, Evaluation][] = []
for (const directory of directories) {
  const evaluation = lexpandJson<Evaluation>(['eval', resolve(directory), '--exact-check', '--json'])
  evaluations.push([basename(resolve(directory)), evaluation])
}
writeGeneratedBlock(projectFile('README.md'), 'quality', table(evaluations))

function table(rows: readonly (readonly [string, Evaluation])[]): string {
  const lines = [...HEAD, ...rows.map(row), ...(rows.length > 1 ? [means(rows)] : [])]
  return [...lines.map((cells) => `| ${cells.join(' | ')} |`), '', circumstances(rows)].join('\n')
}

function row([set, { documents, queries, modes, significance, exact_overlap_at_10 }]: readonly [
  string,
  Evaluation,
]) {
  const difference = modes.sparse.ndcg_at_10 - modes.bm25.ndcg_at_10
  return [
    set,
    documents.toLocaleString('en-US'),
    queries.toLocaleString('en-US'),
    ...MODES.map((mode) => cell(modes[mode])),
    `${difference < 0 ? '' : '+'}${difference.toFixed(3)} (p = ${significance.sparse.p_value.toPrecision(1)})`,
    exact_overlap_at_10.toFixed(3),
  ]
}

function means(rows: readonly (readonly [string, Evaluation])[]) {
  const mean = (mode: Mode, metric: keyof Metrics) =>
    rows.reduce((sum, [, { modes }]) => sum + modes[mode][metric], 0) / rows.length
  const cells = MODES.map((mode) =>
    cell({ ndcg_at_10: mean(mode, 'ndcg_at_10'), recall_at_100: mean(mode, 'recall_at_100') }),
  )
  return ['**mean**', '', '', ...cells, '', '']
}

function cell({ ndcg_at_10, recall_at_100 }: Metrics): string {
  return `${ndcg_at_10.toFixed(3)} / ${recall_at_100.toFixed(3)}`
}

function circumstances(rows: readonly (readonly [string, Evaluation])[]): string {
  const last = rows.at(-1)?.[1]
  if (last === undefined) return ''
  const { model, machine } = last
  const command = `node bench/report-quality.ts ${rows.map(([set]) => set).join(' ')}`
  return `Written by \`${command}\` on ${machine.date.slice(0, 10)} at commit ${commit()}: model ${model}, OpenSearch 3.6.0, Node ${machine.node}, ${machine.cores} cores of ${machine.processor}. Documents are cut at the model's 512 word pieces, as published figures are. BM25 is the engine's, analyzer \`english\`, in the same index.`
}
