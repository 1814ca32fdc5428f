import type { BenchEncodeResult } from '../../../bench/encode/encode-table.ts'
import type { IngestResult } from '../../../bench/ingest/ingest-table.ts'
import { CLIENT_OVERHEAD_BOUND_MS } from '../../../bench/search/client-overhead.ts'
import type { BenchSearchResult } from '../../../bench/search/search-result.ts'
import { count, type Section, table } from '../markdown.ts'
import type { StepRecord } from '../store.ts'
import { bestPeer } from './encode-section.ts'
import type { PrunedRecord } from './pruning-section.ts'

export interface SummarySources {
  readonly encode: StepRecord<BenchEncodeResult> | undefined
  readonly ingest: StepRecord<IngestResult> | undefined
  /** Ascending by documents. */
  readonly searches: readonly StepRecord<BenchSearchResult>[]
  readonly pruned: readonly PrunedRecord[]
  /** nDCG@10 by pruning. */
  readonly quality: ReadonlyMap<number, number>
}

/** An aim and its measured result. */
interface Aim {
  readonly what: string
  readonly bound: number
  readonly isMost: boolean
  readonly measured: number
  readonly digits: number
  readonly unit?: string | undefined
}

/** Approximate length of passages; the peers' figure is for the same length. */
const PASSAGE_PIECES = 128

/** Measured aims, reached or not. */
export function summarySection(sources: SummarySources): Section | undefined {
  const aims = [...encodeAims(sources), ...ingestAims(sources), ...searchAims(sources), ...sizeAims(sources)]
  if (aims.length === 0) return undefined
  return {
    text: [
      '## In short',
      table(
        ['', 'aim', 'measured', ''],
        aims.map(({ what, bound, isMost, measured, digits, unit = '' }) => [
          what,
          `at ${isMost ? 'most' : 'least'} ${bound}${unit}`,
          `${measured.toFixed(digits)}${unit}`,
          (isMost ? measured <= bound : measured >= bound) ? 'reached' : '**not reached**',
        ]),
      ),
    ].join('\n\n'),
    plots: new Map(),
  }
}

function encodeAims({ encode }: SummarySources): Aim[] {
  const best = encode && bestPeer(encode.result, PASSAGE_PIECES)
  if (best === undefined) return []
  const what = `encoding: documents a second at ${PASSAGE_PIECES} word pieces, against the best peer (${best.name})`
  return [{ what, bound: 2, isMost: false, measured: best.ratio, digits: 2, unit: ' times' }]
}

function ingestAims({ ingest }: SummarySources): Aim[] {
  const runs = ingest?.result.layouts.flatMap((layout) => layout.runs) ?? []
  const shares = runs.flatMap(({ way, workers, encoder_processes, encoder_busy }) => {
    if (encoder_busy === undefined) return []
    const what = `ingesting by ${way}, ${workers} x ${encoder_processes}: share of the time in which the encoder computes`
    return [{ what, bound: 90, isMost: false, measured: 100 * encoder_busy, digits: 0, unit: '%' }]
  })
  const memory = runs.flatMap(({ resident_bytes }) => resident_bytes.encoder ?? [])
  if (memory.length === 0) return shares
  const what = 'ingesting: memory of the largest encoder process'
  const measured = Math.max(...memory) / 1e6
  return [...shares, { what, bound: 700, isMost: true, measured, digits: 0, unit: ' MB' }]
}

/** Largest p50 in times of the other variant's. */
const LARGEST_RATIO = { bm25: 1.15, neural_sparse: 0.9 } as const

function searchAims({ searches }: SummarySources): Aim[] {
  const result = searches.at(-1)?.result
  if (result === undefined) return []
  const at = `at ${count(result.documents)} documents, k = 10, one segment`
  const ratio = (
    ours: string,
    to: keyof typeof LARGEST_RATIO,
    speeds: Readonly<Record<string, { p50_ms: number }>>,
    how = '',
  ): Aim[] => {
    const [own, other] = [speeds[ours]?.p50_ms, speeds[to]?.p50_ms]
    if (own === undefined || other === undefined) return []
    const what = `p50 of \`${ours}\` against \`${to}\` ${at}${how}`
    return [
      { what, bound: LARGEST_RATIO[to], isMost: true, measured: own / other, digits: 2, unit: ' times' },
    ]
  }
  const { lexpand, lexpand_impacts } = result.variants
  const overlap = (ours: string, measured: number | undefined): Aim[] => {
    const what = `overlap@10 of \`${ours}\` with the exact ranking ${at}`
    return measured === undefined ? [] : [{ what, bound: 0.99, isMost: false, measured, digits: 3 }]
  }
  const worst = Math.max(...searches.map(({ result }) => result.client_overhead.p99_ms))
  return [
    ...ratio('lexpand', 'bm25', result.variants),
    ...ratio('lexpand', 'neural_sparse', result.variants),
    ...overlap('lexpand', lexpand?.overlap),
    ...ratio('lexpand_impacts', 'bm25', result.variants),
    ...ratio('lexpand_impacts', 'neural_sparse', result.variants),
    ...overlap('lexpand_impacts', lexpand_impacts?.overlap),
    ...ratio('lexpand', 'bm25', result.counted ?? {}, ', `track_total_hits` at its default'),
    ...ratio('lexpand', 'neural_sparse', result.counted ?? {}, ', `track_total_hits` at its default'),
    {
      what: 'the client, from the text to the request: p99',
      ...{ bound: CLIENT_OVERHEAD_BOUND_MS, isMost: true, measured: worst, digits: 3, unit: ' ms' },
    },
  ]
}

/** Lexpand's field type as shipped, and the stock one with the same pruning. */
function sizeAims({ pruned, quality }: SummarySources): Aim[] {
  const of = (wanted: number) => pruned.find(({ ratio }) => ratio === wanted)?.record.result.index_bytes
  const [whole, ours] = [of(0)?.rank_features, of(0.1)]
  const sizes = (['rank_features', 'lexpand_impacts'] as const).flatMap((kind) => {
    const size = ours?.[kind]
    if (whole === undefined || size === undefined) return []
    const what = `inverted index of \`${kind}\` pruned at .1, of unpruned \`rank_features\``
    return [{ what, bound: 60, isMost: true, measured: (100 * size) / whole, digits: 0, unit: '%' }]
  })
  const [before, after] = [quality.get(0), quality.get(0.1)]
  if (sizes.length === 0 || before === undefined || after === undefined) return sizes
  const what = 'loss of nDCG@10 by that pruning'
  return [...sizes, { what, bound: 0.003, isMost: true, measured: before - after, digits: 3 }]
}
