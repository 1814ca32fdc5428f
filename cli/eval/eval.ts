import { type Command, Option } from 'commander'
import type { Latency } from '../../measure/latency.ts'
import { type Machine, machine } from '../../measure/machine.ts'
import { textTable } from '../../measure/text-table.ts'
import {
  type Fusion,
  type QueryIdf,
  SearchCache,
  type SearchRequest,
  weightTokens,
} from '../../pipelines/index.ts'
import { readBeirQueries } from '../../quality/beir.ts'
import { type Evaluation, evaluate, type QualityMetrics } from '../../quality/metrics.ts'
import { type MeasuredMode, type QuerySet, rankAll, timeAll } from '../../quality/run-queries.ts'
import { type Comparison, compare } from '../../quality/significance.ts'
import { readStoredVectors } from '../../quality/stored-vectors.ts'
import { encodeQuery } from '../../sparse/index.ts'
import { integer, list } from '../shell/arguments.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import { connect } from '../shell/connect.ts'
import { interruption } from '../shell/interrupt.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { note, printResult } from '../shell/output.ts'
import {
  type FeedbackFlags,
  type FusionFlags,
  fusionOf,
  SEARCH_MODES,
  withFeedback,
  withFusion,
  withIdf,
} from '../shell/ranking-flags.ts'
import { EVAL_FIELD, prepareEvalIndex } from './eval-index.ts'
import { exportWorkbench } from './export-workbench.ts'

export function register(program: Command): void {
  const command = program
    .command('eval')
    .description(
      'Measure quality and latency on a BEIR folder (corpus.jsonl, queries.jsonl, qrels/): BM25, sparse, hybrid and the default of a search in one index, which is kept and reused.',
    )
    .argument('<directory>', 'BEIR folder')
    .addOption(
      new Option('--modes <list>', 'out of bm25, sparse, hybrid, default')
        .default([...EVAL_MODES], 'sparse,bm25,hybrid,default')
        .argParser(list(EVAL_MODES)),
    )
    .option('--split <name>', 'judgments to use: qrels/<name>.tsv', 'test')
    .addOption(new Option('--limit-queries <n>', 'only the first queries').argParser(integer(1, 1_000_000)))
    .addOption(
      new Option(
        '--windows <n>',
        'windows of a long document; 1 cuts it at the length of the model, as published BEIR figures do',
      )
        .default(1)
        .argParser(integer(1, 1_000)),
    )
    .option(
      '--exact-check',
      'compare the ranking of the engine with exact dot products of the stored vectors',
      false,
    )
    .option(
      '--export-workbench <folder>',
      "write the judged queries there as OpenSearch's Search Relevance Workbench imports them: query-set.json, judgments.json",
    )
    .action(evaluateFolder)
  withExamples(withJson(withModel(withConnection(withFusion(withFeedback(withIdf(command)))))), [
    'lexpand eval ./scifact',
    'lexpand eval ./scifact --modes bm25,sparse --exact-check',
    'lexpand eval ./long-documents --windows 16',
    'lexpand eval ./scifact --export-workbench ./workbench',
    "lexpand eval ./scifact --json | jq '.modes.sparse.ndcg_at_10'",
  ])
}

const EVAL_MODES = [...SEARCH_MODES, 'default'] as const satisfies readonly MeasuredMode[]

interface EvalFlags extends ModelFlags, ConnectionFlags, FusionFlags, FeedbackFlags {
  readonly modes: readonly MeasuredMode[]
  readonly idf: QueryIdf
  readonly split: string
  readonly limitQueries?: number | undefined
  readonly windows: number
  readonly exactCheck: boolean
  readonly exportWorkbench?: string | undefined
  readonly json: boolean
}

interface EvalSet extends QuerySet {
  readonly options: NonNullable<QuerySet['options']> & { readonly idf: QueryIdf }
  readonly cache: SearchCache
}

interface EvalResult {
  readonly documents: number
  readonly queries: number
  readonly modes: Partial<Record<MeasuredMode, QualityMetrics & Latency>>
  /** nDCG@10 of the mode compared with BM25, paired by query; absent without BM25. */
  readonly significance: Partial<Record<MeasuredMode, Comparison>>
  /** Mean share of the exact first ten that the engine found, 0 to 1; only with --exact-check. */
  readonly exact_overlap_at_10?: number | undefined
  /** Source of the query weights. */
  readonly idf: QueryIdf
  /** Fusion of hybrid and default; absent where a search decides. */
  readonly fusion?: Fusion | undefined
  /** Feedback of the first hits, where it was asked for. */
  readonly feedback?: SearchRequest['feedback']
  /** Largest number of windows of a document. */
  readonly windows: number
  readonly index: string
  readonly reused: boolean
  readonly fingerprint: string
  readonly model: string
  readonly machine: Machine
}

async function evaluateFolder(directory: string, flags: EvalFlags): Promise<void> {
  const judged = await readBeirQueries(directory, flags.split)
  const queries = new Map([...judged.queries].slice(0, flags.limitQueries))
  const qrels = new Map([...judged.qrels].filter(([id]) => queries.has(id)))
  if (flags.exportWorkbench !== undefined) {
    await exportWorkbench(flags.exportWorkbench, directory, queries, qrels)
  }
  const signal = interruption('Stopping. Run the same command again to go on.')
  const model = await openModel(flags)
  const connection = await connect(flags)
  const { client } = connection
  const index = await prepareEvalIndex({ directory, model, maxWindows: flags.windows }, connection, signal)
  const { tokenizer, queryTable } = model
  // The specification is read once, and not between the measured requests.
  const cache = new SearchCache(Number.POSITIVE_INFINITY)
  const resources = { tokenizer, queryTable, cache }
  const options = { idf: flags.idf, fusion: fusionOf(flags), feedback: flags.feedback }
  const set: EvalSet = { client, index: index.name, resources, queries, options, cache }

  note(`Ranking ${queries.size} queries, ${flags.modes.join(', ')}`)
  const evaluations = new Map<MeasuredMode, Evaluation>()
  for (const mode of flags.modes) evaluations.set(mode, evaluate(await rankAll(set, mode), qrels))
  note('Measuring latency: first page, one client')
  const timed = await timeAll(set, flags.modes)
  const rankings = timed.get('sparse')?.firstTen

  const result: EvalResult = {
    documents: index.documents,
    queries: queries.size,
    modes: Object.fromEntries(
      [...evaluations].map(([mode, { mean }]) => [mode, { ...mean, ...timed.get(mode)?.latency }]),
    ),
    significance: againstBm25(evaluations),
    ...(flags.exactCheck && rankings !== undefined
      ? { exact_overlap_at_10: await exactOverlap(set, rankings) }
      : {}),
    idf: flags.idf,
    fusion: fusionOf(flags),
    feedback: flags.feedback,
    windows: flags.windows,
    index: index.name,
    reused: index.reused,
    fingerprint: index.fingerprint,
    model: `${model.manifest.name} ${model.manifest.version} (${model.manifest.precision})`,
    machine: machine(),
  }
  printResult(flags.json, result, table)
}

function againstBm25(evaluations: ReadonlyMap<MeasuredMode, Evaluation>): EvalResult['significance'] {
  const baseline = evaluations.get('bm25')
  if (baseline === undefined) return {}
  const values = ({ perQuery }: Evaluation) => [...perQuery.values()].map(({ ndcg_at_10 }) => ndcg_at_10)
  return Object.fromEntries(
    [...evaluations]
      .filter(([mode]) => mode !== 'bm25')
      .map(([mode, evaluation]) => [mode, compare(values(baseline), values(evaluation))]),
  )
}

async function exactOverlap(
  { client, index, queries, resources, cache, options: { idf } }: EvalSet,
  rankings: ReadonlyMap<string, readonly string[]>,
): Promise<number> {
  note('Reading the stored vectors back for the exact ranking')
  const exact = await readStoredVectors(client, index, `${EVAL_FIELD}_sparse`)
  let sum = 0
  const field = { index, field: `${EVAL_FIELD}_sparse`, vectorType: 'rank_features' } as const
  for (const [id, text] of queries) {
    const ofTable = encodeQuery(text, resources.tokenizer, resources.queryTable)
    const tokens = await weightTokens(ofTable, idf, (pieces) => cache.frequencies(client, field, pieces))
    sum += exact.overlap(tokens, rankings.get(id) ?? [], 10)
  }
  return sum / queries.size
}

function table(result: EvalResult): string {
  const { documents, queries, modes, significance, exact_overlap_at_10, machine: on } = result
  const rows = Object.entries(modes).map(([mode, m]) => {
    const against = significance[mode as MeasuredMode]
    const difference = against === undefined ? '' : signed(against.mean_difference)
    return [
      mode,
      ...[m.ndcg_at_10, m.recall_at_100, m.mrr_at_10].map((value) => value.toFixed(4)),
      ...[m.p50_ms, m.p99_ms].map((ms) => ms.toFixed(1)),
      difference,
      against?.p_value.toPrecision(2) ?? '',
    ]
  })
  const head = ['mode', 'nDCG@10', 'Recall@100', 'MRR@10', 'p50 ms', 'p99 ms', '- BM25', 'p']
  const exact =
    exact_overlap_at_10 === undefined
      ? []
      : [`First ten as by exact dot products: ${exact_overlap_at_10.toFixed(4)}`]
  return [
    `${result.index}: ${documents} documents${result.reused ? ' (reused)' : ''}, ${queries} queries`,
    ...textTable([head, ...rows]),
    ...exact,
    `Model ${result.model}; ${on.cores} cores of ${on.processor}, Node ${on.node}, ${on.date}`,
  ].join('\n')
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(4)}`
}
