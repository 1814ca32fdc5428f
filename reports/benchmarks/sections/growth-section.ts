import type { BenchSearchResult } from '../../../bench/search/search-result.ts'
import type { LineFit, PowerFit } from '../fit.ts'
import { count, image, percent, type Section, table } from '../markdown.ts'
import { type Axis, plot } from '../plot.ts'
import type { StepRecord } from '../store.ts'
import {
  bytesGrowth,
  type Growth,
  ingestGrowth,
  latencyGrowth,
  queryGrowth,
  tokensGrowth,
  workClients,
  workGrowth,
} from './growth.ts'
import type { PrunedRecord } from './pruning-section.ts'

interface Figure {
  readonly file: string
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly growth: readonly Growth[]
  /** Formats a slope with its unit. */
  readonly slope: (fit: LineFit) => string
}

/** How times and sizes grow, fitted and plotted. */
export function growthSection(
  records: readonly StepRecord<BenchSearchResult>[],
  pruned: readonly PrunedRecord[],
): Section | undefined {
  const figures = figuresOf(records, pruned).filter(({ growth }) => growth.length > 0)
  if (figures.length === 0) return undefined
  return {
    text: [
      '## Growth',
      'Least squares: a power law (a line through the logarithms) for times against documents, a line for the rest. The residual is the root mean square of the relative distance of the points from the curve. With three sizes a power law has one degree of freedom left: the exponents describe what lies between the points, not what lies far behind them.',
      ...figures.flatMap(({ file, title, growth, slope }) => [
        `### ${title}`,
        image(file, title),
        table(
          ['', 'points', 'fit', 'residual'],
          growth.map(({ label, points, fit }) => [
            `\`${label}\``,
            String(points.length),
            'exponent' in fit ? power(fit) : slope(fit),
            percent(fit.residual, 1),
          ]),
        ),
      ]),
    ].join('\n\n'),
    plots: new Map(
      figures.map(({ file, title, x, y, growth }) => [
        file,
        plot({
          title,
          x,
          y,
          series: growth.map(({ label, points, fit }) => ({ label, points, curve: fit.at })),
        }),
      ]),
    ),
  }
}

function figuresOf(
  records: readonly StepRecord<BenchSearchResult>[],
  pruned: readonly PrunedRecord[],
): Figure[] {
  const documents = { title: 'documents', log: true }
  const largest = records.at(-1)
  const first = pruned[0]?.record.result.documents ?? 0
  const perDocuments = (digits: number, unit: string, scale: number) => (fit: LineFit) =>
    `${signedStart(fit.intercept * scale, digits)} ${unit} + ${(fit.slope * scale * 1000).toFixed(digits)} ${unit} a thousand documents`
  return [
    {
      file: 'latency.svg',
      title: 'p50 against documents',
      x: documents,
      y: { title: 'ms, one client', log: true },
      growth: latencyGrowth(records),
      slope: () => '',
    },
    {
      file: 'work.svg',
      title: 'Processor time of a query against documents',
      x: documents,
      y: { title: `core milliseconds, ${workClients(records)}`, log: true },
      growth: workGrowth(records),
      slope: () => '',
    },
    {
      file: 'query-length.svg',
      title: `p50 against the length of the query, ${count(largest?.result.documents ?? 0)} documents`,
      x: { title: 'distinct word pieces of the query' },
      y: { title: 'ms, one client' },
      growth: largest === undefined ? [] : queryGrowth(largest),
      slope: ({ intercept, slope }) =>
        `${signedStart(intercept, 2)} ms + ${slope.toFixed(2)} ms a word piece`,
    },
    {
      file: 'tokens.svg',
      title: `p50 against word pieces of a document, ${count(first)} documents`,
      x: { title: 'word pieces a document' },
      y: { title: 'ms, one client' },
      growth: tokensGrowth(pruned),
      slope: ({ intercept, slope }) =>
        `${signedStart(intercept, 2)} ms + ${slope.toFixed(4)} ms a word piece`,
    },
    {
      file: 'bytes.svg',
      title: 'Inverted index against documents',
      x: { title: 'documents' },
      y: { title: 'bytes' },
      growth: bytesGrowth(records),
      slope: perDocuments(3, 'MB', 1e-6),
    },
    {
      file: 'fill.svg',
      title: 'Filling and merge against documents',
      x: { title: 'documents' },
      y: { title: 'seconds' },
      growth: ingestGrowth(records),
      slope: perDocuments(2, 's', 1),
    },
  ]
}

function power({ factor, exponent }: PowerFit): string {
  return `${factor.toPrecision(3)} x documents^${exponent.toFixed(2)}`
}

function signedStart(value: number, digits: number): string {
  return Number(value.toFixed(digits)) === 0 ? '0' : value.toFixed(digits)
}
