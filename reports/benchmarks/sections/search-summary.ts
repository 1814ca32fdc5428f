import type { BenchSearchResult } from '../../../bench/search/search-result.ts'
import { byteSize } from '../../../measure/byte-size.ts'
import { VARIANTS, type VariantName } from '../../../measure/search-variants.ts'
import { count, fixed, table } from '../markdown.ts'
import type { StepRecord } from '../store.ts'

/** The queries that a user chooses between. */
const ROWS: Readonly<Partial<Record<VariantName, string>>> = {
  bm25: 'BM25 `match`, english',
  neural_sparse: '`neural_sparse`, the same vectors',
  rank_feature: 'Lexpand without the plugin',
  lexpand: "Lexpand, the plugin's query",
  lexpand_impacts: "Lexpand, the plugin's query and field type",
}

/** The README's block "search", for one number of documents. */
export function searchSummary({ command, commit, machine, result }: StepRecord<BenchSearchResult>): string {
  const { variants, load, index_bytes, documents, queries, versions } = result
  const bm25 = variants.bm25?.p50_ms
  const names = (Object.keys(ROWS) as VariantName[]).filter((name) => variants[name] !== undefined)
  return [
    table(
      [
        `${count(documents)} documents`,
        ...['p50, ms', 'p99, ms', 'x BM25', 'of the exact top ten'],
        ...(load === undefined ? [] : [`queries a second, ${load.clients} clients`]),
        'inverted index',
      ],
      names.map((name) => {
        const bytes = index_bytes[VARIANTS[name].kind]
        const { p50_ms = Number.NaN, p99_ms, overlap } = variants[name] ?? {}
        return [
          ROWS[name] ?? name,
          fixed(p50_ms, 2),
          fixed(p99_ms, 2),
          fixed(bm25 && p50_ms / bm25, 2),
          fixed(overlap, 3),
          ...(load === undefined ? [] : [fixed(load.variants[name]?.ops_per_second, 0)]),
          bytes === undefined ? '' : byteSize(bytes),
        ]
      }),
    ),
    `Written by \`npm run report:benchmarks\` (\`${command}\`) on ${machine.date.slice(0, 10)} at commit ${commit}: ${count(queries)} real queries, k = 10, one segment, hits not counted, over HTTP; OpenSearch ${versions.OpenSearch}, ${machine.cores} cores of ${machine.processor}, client and engine on the same. Method, other sizes, filters, seismic, hybrid: [docs/benchmarks.md](docs/benchmarks.md).`,
  ].join('\n\n')
}
