import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BenchEncodeResult } from '../../bench/encode/encode-table.ts'
import type { IngestResult } from '../../bench/ingest/ingest-table.ts'
import type { BenchSearchResult } from '../../bench/search/search-result.ts'
import type { ClusterResult } from '../cluster/cluster-result.ts'
import { benchmarkPages } from './page.ts'
import { qualityByPruning } from './sections/pruning-section.ts'
import { StepStore } from './store.ts'

const machine = {
  processor: 'CPU',
  cores: 2,
  memory_gib: 8,
  node: '24.1.0',
  date: '2026-01-02T03:04:05.000Z',
}
const speed = (p50: number) => ({ p50_ms: p50, p90_ms: 2 * p50, p99_ms: 3 * p50, ops_per_second: 1000 / p50 })

/** Times grow as the square root of documents, sizes in proportion. */
function searched(documents: number, tokens = 100): BenchSearchResult {
  const p50 = Math.sqrt(documents / 100) * (tokens / 100)
  const lengths = [2, 4].map((length) => ({ tokens: length, queries: 10, p50_ms: length * p50 }))
  const variant = (factor: number, overlap?: number) => ({
    ...speed(factor * p50),
    ...(overlap === undefined ? {} : { overlap }),
    by_query_tokens: lengths,
  })
  const variants = {
    bm25: variant(1),
    rank_feature: variant(2, 1),
    neural_sparse: variant(2, 1),
    lexpand: variant(1.5, 0.995),
  }
  const seconds = { text: documents / 1e4, rank_features: documents / 2e3 }
  return {
    ...{ machine, versions: { OpenSearch: '3.6.0' }, model: 'mini 1' },
    ...{ documents, document_tokens: tokens, queries: 20, query_tokens: 3, rounds: 2, variants },
    load: { clients: 6, variants },
    filtered: [{ passing: 10, variants: { bm25: speed(1), lexpand: { ...speed(0.8), overlap: 1 } } }],
    client_overhead: { p50_ms: 0.02, p99_ms: 0.1, mean_ms: 0.03 },
    index_bytes: { text: 10 * documents, rank_features: 3 * tokens * documents },
    store_bytes: { text: 20 * documents, rank_features: 900 * documents, both: 2000 * documents },
    ...{ index_seconds: seconds, fill_seconds: seconds },
    missing: { seismic: 'no such\nfield' },
  }
}

const encoded = {
  ...{
    machine,
    model: 'mini',
    documents: 8,
    rounds: 3,
    versions: { 'python-onnxruntime': '1.0' },
    skipped: {},
  },
  variants: Object.fromEntries(
    Object.entries({
      'lexpand-int8-2x1': [300, 60],
      'python-onnxruntime': [100, 30],
      'onnxruntime-node-naive': [120, 15],
    }).flatMap(([name, rates]) =>
      rates.map((rate, at) => [
        `${name}-${[32, 128][at]}`,
        { docs_per_second: rate, word_pieces_per_second: 1, cores: 2, docs_per_second_per_core: rate / 2 },
      ]),
    ),
  ),
} satisfies BenchEncodeResult

const ingested: IngestResult = {
  ...{ machine, model: 'mini', documents: 100 },
  layouts: [
    {
      workers: 1,
      encoder_alone: [{ seconds: 1, docs_per_second: 75, word_pieces_per_second: 1 }],
      runs: [
        {
          ...{
            way: 'push',
            workers: 1,
            encoder_processes: 2,
            seconds: 1,
            docs_per_second: 72,
            encoder_busy: 0.97,
          },
          places: { read: 0.1, encode: 0.8, write: 0.1, queue: 0 },
          ...{
            cpu_seconds: { encoder: 3, redis: 1 },
            resident_bytes: { encoder: 3e8 },
            of_encoder_alone: 0.96,
          },
        },
      ],
    },
  ],
}

const cluster: ClusterResult = {
  ...{
    machine,
    versions: { opensearch: '3.6.0', redis: '8' },
    commit: 'abc',
    command: 'node reports/cluster/cluster.ts',
  },
  network: { namespaces: true, how: 'a bridge' },
  ingest: [1, 2].map((workers) => ({
    ...{
      nodes: 3,
      shards: 3,
      encoder: 'paced',
      workers,
      documents: 10,
      seconds: 1,
      docs_per_second: 90 * workers,
    },
    ...{ encoders_docs_per_second: 100 * workers, scaling_efficiency: 1, cores_used: 0.5 },
  })),
}

let folder = ''
let store: StepStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-report-'))
  store = new StepStore(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function keep(step: string, result: unknown): void {
  store.write({
    step,
    command: `lexpand ${step}`,
    commit: 'abc',
    machine,
    versions: { lexpand: '0' },
    seconds: 1,
    result,
  })
}

function keepAll(): void {
  keep('encode', encoded)
  keep('ingest', ingested)
  keep('corpus', { real: 20_000 })
  for (const documents of [10_000, 1_000_000, 100_000]) keep(`search-${documents}`, searched(documents))
  keep('pruning-0', searched(10_000, 150))
  keep('pruning-0.2', searched(10_000, 80))
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify(cluster))
}

const QUALITY = `# Quality
## Mean over the sets
|  | nDCG@10 | Recall@100 |
| --- | ---: | ---: |
| BM25 | 0.365 | 0.751 |
| mini: sparse, unpruned | 0.510 | 0.790 |
| mini: sparse, pruned at .1 | 0.508 | 0.791 |
| other: sparse, unpruned | 0.9 | 0.9 |
## a set
| mini: sparse, pruned at .2 | 0.1 | 0.1 |
`

function pages(quality = QUALITY): ReadonlyMap<string, string> {
  writeFileSync(join(folder, 'quality.md'), quality)
  return benchmarkPages(store, join(folder, 'quality.md')).files
}

test('a step that has not run leaves its section out, and nothing stands in for it', () => {
  expect([...pages().keys()]).toEqual(['benchmarks.md'])
  expect(pages().get('benchmarks.md')).not.toContain('##')
  keep('encode', encoded)
  expect([...pages().keys()]).toEqual(['benchmarks.md', 'benchmarks/encode.svg'])
  expect(
    pages()
      .get('benchmarks.md')
      ?.match(/^## .*/gm),
  ).toEqual(['## In short', '## Encoding'])
})

test('every section says how, when and on what it was measured, and every plot it shows is written', () => {
  keepAll()
  const files = pages()
  const page = files.get('benchmarks.md') ?? ''
  expect(page.match(/^## .*/gm)).toEqual([
    '## In short',
    '## Encoding',
    '## Ingesting',
    '## Searching',
    '## Pruning and layout',
    '## Growth',
    '## Cluster',
  ])
  for (const step of ['encode', 'ingest', 'search-10000', 'search-1000000', 'pruning-0.2'])
    expect(page).toContain(`Measured by \`lexpand ${step}\` on 2026-01-02 at commit abc, 2 cores of CPU`)
  const shown = [...page.matchAll(/\]\((benchmarks\/[^)]+)\)/g)].map(([, file]) => file)
  expect([...files.keys()].filter((name) => name.endsWith('.svg')).sort()).toEqual(shown.sort())
  for (const file of shown) expect(files.get(file ?? '')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
})

test('figures are those of the results: ratios, sizes in order, what is real, what could not run', () => {
  keepAll()
  const page = pages().get('benchmarks.md') ?? ''
  expect(page).toContain('| `lexpand` | 15.00 | 30.00 | 45.00 | 1.50 | 0.75 | 0.995 | 67 | 15.00 | 45.00 |')
  expect(page.match(/^### [\d,]+ documents.*/gm)).toEqual([
    '### 10,000 documents, all real',
    '### 100,000 documents',
    '### 1,000,000 documents',
  ])
  expect(page).toContain('| query | 10% pass | x bm25 | x neural_sparse | overlap |')
  expect(page).toContain('| `lexpand` | 0.80 | 0.80 |  | 1.000 |')
  expect(page).toContain('Not measured: `seismic`, because of: no such field')
  expect(page).toContain(
    'lexpand-int8-2x1 against the best peer: 2.5 times at 32 (onnxruntime-node-naive), 2.0 times at 128 (python-onnxruntime)',
  )
  expect(page).toContain('0.100 ms at p99: below the bound')
  expect(page).toContain(
    '| `rank_features`, pruned at 0.1 | 100 | 3 MB | 67% | 0.508 | -0.002 | 15.00 | 0.995 |',
  )
  expect(page).toMatch(/\| `bm25` \| 3 \| 0\.100 x documents\^0\.50 \| 0\.0% \|/)
})

test('aims that were measured are told, reached or not', () => {
  keepAll()
  const page = pages().get('benchmarks.md') ?? ''
  for (const line of [
    '| encoding: documents a second at 128 word pieces, against the best peer (python-onnxruntime) | at least 2 times | 2.00 times | reached |',
    '| ingesting by push, 1 x 2: share of the time in which the encoder computes | at least 90% | 97% | reached |',
    '| ingesting: memory of the largest encoder process | at most 700 MB | 300 MB | reached |',
    '| p50 of `lexpand` against `bm25` at 1,000,000 documents, k = 10, one segment | at most 1.15 times | 1.50 times | **not reached** |',
    '| p50 of `lexpand` against `neural_sparse` at 1,000,000 documents, k = 10, one segment | at most 0.9 times | 0.75 times | reached |',
    '| overlap@10 of `lexpand` with the exact ranking at 1,000,000 documents, k = 10, one segment | at least 0.99 | 0.995 | reached |',
    '| inverted index of `rank_features` pruned at .1, of unpruned `rank_features` | at most 60% | 67% | **not reached** |',
    '| loss of nDCG@10 by that pruning | at most 0.003 | 0.002 | reached |',
  ])
    expect(page).toContain(line)
})

test('the blocks of the README are there when their steps are, the search of the most documents', () => {
  const blocks = () => benchmarkPages(store, join(folder, 'quality.md')).readmeBlocks
  expect(blocks().size).toBe(0)
  keepAll()
  expect([...blocks().keys()]).toEqual(['encode', 'search'])
  const text = blocks().get('search') ?? ''
  expect(text).toContain('| 1,000,000 documents | p50, ms |')
  expect(text).toContain("| Lexpand, the plugin's query | 150.00 | 450.00 | 1.50 | 0.995 | 7 | 300 MB |")
})

test('the cost model needs the growth of an index with sources and the rate of the pipeline', () => {
  keepAll()
  const scale = pages().get('scale.md') ?? ''
  expect(scale).toContain(
    '| bytes of an index with text, vector and both in `_source`, in one segment | 2000 a document |',
  )
  expect(scale).toContain('| documents a second and core')
  expect(scale).toContain('on one shard, 6 clients, core ms')
  expect(pages().get('benchmarks/work.svg')).toContain('core milliseconds, 6 clients')
  // 50 ms correspond to 62,500 documents of rank_feature (2 x sqrt(documents / 100)): less than 30 GB.
  expect(scale).toContain('| 1,000,000,000 | 16,000 | latency | 62,500 | 4 TB | 50.0 |')
  expect(scale).toContain('| 100,000 | 2 | latency | 50,000 |')
  rmSync(join(folder, 'ingest.json'))
  expect(pages().has('scale.md')).toBe(false)
})

test('nDCG by pruning is read from the mean of the first model, and another page gives none', () => {
  expect(qualityByPruning(QUALITY)).toEqual(
    new Map([
      [0, 0.51],
      [0.1, 0.508],
    ]),
  )
  expect(qualityByPruning('# something else')).toEqual(new Map())
})
