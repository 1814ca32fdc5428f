import type { BenchSearchResult } from '../../../bench/search/search-result.ts'
import { fitLine, fitPower, type LineFit, type Point, type PowerFit } from '../fit.ts'
import type { StepRecord } from '../store.ts'
import type { PrunedRecord } from './pruning-section.ts'

/** A relation measured at several points, and the curve through them. */
export interface Growth<Fit extends LineFit | PowerFit = LineFit | PowerFit> {
  readonly label: string
  readonly points: readonly Point[]
  readonly fit: Fit
}

/** Queries whose growth is plotted. */
export const GROWING = ['bm25', 'neural_sparse', 'rank_feature', 'lexpand', 'lexpand_impacts'] as const

type SearchRecord = StepRecord<BenchSearchResult>

/** Median time against documents. */
export function latencyGrowth(records: readonly SearchRecord[]): Growth<PowerFit>[] {
  return GROWING.flatMap((name) => powers(name, records, ({ variants }) => variants[name]?.p50_ms))
}

/** Processor milliseconds of a query with every core busy, against documents. */
export function workGrowth(records: readonly SearchRecord[]): Growth<PowerFit>[] {
  return GROWING.flatMap((name) =>
    powers(name, records, ({ machine, load }) => {
      const rate = load?.variants[name]?.ops_per_second
      return rate === undefined ? undefined : (1000 * machine.cores) / rate
    }),
  )
}

/** Number of clients for {@link workGrowth}: "8 clients". */
export function workClients(records: readonly SearchRecord[]): string {
  const numbers = new Set(records.flatMap(({ result }) => result.load?.clients ?? []))
  return `${[...numbers].join(' or ')} clients`
}

/** Bytes of the inverted index against documents. */
export function bytesGrowth(records: readonly SearchRecord[]): Growth<LineFit>[] {
  return kinds(records).flatMap((kind) => lines(kind, records, ({ index_bytes }) => index_bytes[kind]))
}

/** Bytes of all files, with text, vector and sources, against documents. */
export function storeGrowth(records: readonly SearchRecord[]): Growth<LineFit>[] {
  return lines('both', records, ({ store_bytes }) => store_bytes.both)
}

/** Seconds of filling and merge against documents. */
export function ingestGrowth(records: readonly SearchRecord[]): Growth<LineFit>[] {
  return kinds(records).flatMap((kind) => lines(kind, records, ({ index_seconds }) => index_seconds[kind]))
}

/** Median time against word pieces of a document, over the prunings. */
export function tokensGrowth(pruned: readonly PrunedRecord[]): Growth<LineFit>[] {
  return (['rank_feature', 'lexpand', 'lexpand_impacts'] as const).flatMap((name) =>
    fitted(
      name,
      pruned.flatMap(({ record: { result } }) => {
        const ms = result.variants[name]?.p50_ms
        return ms === undefined ? [] : [[result.document_tokens, ms] as const]
      }),
      fitLine,
    ),
  )
}

/** Median time against word pieces of a query, at one number of documents. */
export function queryGrowth({ result }: SearchRecord): Growth<LineFit>[] {
  return GROWING.flatMap((name) =>
    fitted(
      name,
      (result.variants[name]?.by_query_tokens ?? []).map(({ tokens, p50_ms }) => [tokens, p50_ms] as const),
      fitLine,
    ),
  )
}

function kinds(records: readonly SearchRecord[]): string[] {
  return [...new Set(records.flatMap(({ result }) => Object.keys(result.index_bytes)))]
}

function powers(label: string, records: readonly SearchRecord[], value: Value): Growth<PowerFit>[] {
  return fitted(label, pointsOf(records, value), fitPower)
}

function lines(label: string, records: readonly SearchRecord[], value: Value): Growth<LineFit>[] {
  return fitted(label, pointsOf(records, value), fitLine)
}

type Value = (result: BenchSearchResult) => number | undefined

function pointsOf(records: readonly SearchRecord[], value: Value): Point[] {
  return records.flatMap(({ result }) => {
    const found = value(result)
    return found === undefined ? [] : [[result.documents, found] as const]
  })
}

/** Undefined with fewer than two points. */
function fitted<Fit extends LineFit | PowerFit>(
  label: string,
  points: readonly Point[],
  through: (points: readonly Point[]) => Fit,
): Growth<Fit>[] {
  return new Set(points.map(([x]) => x)).size < 2 ? [] : [{ label, points, fit: through(points) }]
}
