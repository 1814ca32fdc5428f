import { byteSize } from '../../measure/byte-size.ts'
import { textTable } from '../../measure/text-table.ts'
import { CLIENT_OVERHEAD_BOUND_MS } from './client-overhead.ts'
import type { BenchSearchResult } from './search-result.ts'

/** Table for people: one line for each variant, then the indices, then the variants that could not run. */
export function searchTable(result: BenchSearchResult): string {
  const {
    machine,
    variants,
    counted,
    unmerged,
    load,
    filtered = [],
    index_bytes,
    index_seconds,
    missing,
  } = result
  const bm25 = variants.bm25?.p50_ms
  const columns: [string, (name: string) => number | undefined, number][] = [
    ['p50 ms', (name) => variants[name]?.p50_ms, 3],
    ['p90 ms', (name) => variants[name]?.p90_ms, 3],
    ['p99 ms', (name) => variants[name]?.p99_ms, 3],
    ['x bm25', (name) => bm25 && (variants[name]?.p50_ms ?? Number.NaN) / bm25, 2],
    ['overlap', (name) => variants[name]?.overlap, 3],
    ...(counted === undefined
      ? []
      : [['counted', (name: string) => counted[name]?.p50_ms, 3] as (typeof columns)[number]]),
    ...(unmerged === undefined
      ? []
      : [['unmerged', (name: string) => unmerged.variants[name]?.p50_ms, 3] as (typeof columns)[number]]),
    ...filtered.map(
      ({ passing, variants }) =>
        [`${passing}% pass`, (name: string) => variants[name]?.p50_ms, 3] as (typeof columns)[number],
    ),
    ...(load === undefined
      ? []
      : [
          [
            `q/s at ${load.clients}`,
            (name: string) => load.variants[name]?.ops_per_second,
            0,
          ] as (typeof columns)[number],
        ]),
  ]
  const { p50_ms, p99_ms } = result.client_overhead
  return [
    `${result.documents} documents of ${result.document_tokens.toFixed(0)} word pieces, ${result.queries} queries of ${result.query_tokens.toFixed(1)}, ${result.model}, ${machine.cores} cores of ${machine.processor}, ${machine.date}`,
    ...textTable([
      ['', ...columns.map(([title]) => title)],
      ...Object.keys(variants).map((name) => [
        name,
        ...columns.map(([, value, digits]) => value(name)?.toFixed(digits) ?? ''),
      ]),
    ]),
    ...Object.entries(index_bytes).map(([kind, bytes]) => {
      const seconds = index_seconds[kind]
      const segments = unmerged?.segments[kind]
      return `${kind}: ${byteSize(bytes)}${segments === undefined ? '' : `, ${segments} segments before the merge`}${seconds === undefined ? '' : `, ${seconds.toFixed(1)} s to index`}`
    }),
    `client, text to request: p50 ${p50_ms.toFixed(3)} ms, p99 ${p99_ms.toFixed(3)} ms (bound ${CLIENT_OVERHEAD_BOUND_MS} ms)`,
    ...Object.entries(missing).map(([name, why]) => `Without ${name}: ${why}`),
  ].join('\n')
}
