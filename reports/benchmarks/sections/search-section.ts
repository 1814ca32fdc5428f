import { CLIENT_OVERHEAD_BOUND_MS } from '../../../bench/search/client-overhead.ts'
import type { BenchSearchResult } from '../../../bench/search/search-result.ts'
import { byteSize } from '../../../measure/byte-size.ts'
import { textStart } from '../../../sparse/text-start.ts'
import { circumstances, count, fixed, type Section, table } from '../markdown.ts'
import type { StepRecord } from '../store.ts'

/** Facts that hold for all sizes. */
export interface CorpusFacts {
  /** Number of original documents; the others are variants of them. */
  readonly real: number
}

type SearchRecord = StepRecord<BenchSearchResult>

/**
 * Latency, throughput and size of every kind of query, one table for each number of documents.
 *
 * @param records ascending by documents, at least one
 * @param seismic the peer's approximate index, which is measured separately
 */
export function searchSection(
  records: readonly SearchRecord[],
  corpus: CorpusFacts | undefined,
  seismic: SearchRecord | undefined,
): Section {
  return {
    text: [
      '## Searching',
      explained(records, corpus),
      QUERIES,
      ...records.flatMap((record) => ofSize(record, corpus)),
      ...(seismic === undefined ? [] : ofSize(seismic, corpus, "The peer's approximate index (seismic), ")),
      overhead(records),
    ].join('\n\n'),
    plots: new Map(),
  }
}

/** Names of the rows. */
const QUERIES = [
  '- `match_none` finds nothing; `unscored` takes the first ten documents that a filter lets through, from the index of `rank_features`: what is above it is the search.',
  '- `bm25`: `match` with the analyzer `english`. `rank_feature`: one stock clause a word piece. `neural_sparse`: the same as one clause of the neural-search plugin; `neural_sparse_two_phase` with its processor at its defaults.',
  "- `lexpand`: our plugin's query on the same field. `lexpand_impacts`: on our field type; `impact_terms`: stock `term` clauses on it.",
  '- `hybrid`: `bm25` and `rank_feature` fused by the engine; `hybrid_lexpand`: `bm25` and `lexpand`; `hybrid_client`: one `_msearch` of the two lists, less the fusion in the client.',
].join('\n')

function explained(records: readonly SearchRecord[], corpus: CorpusFacts | undefined): string {
  const { queries = 0, query_tokens = 0, rounds = 0, model = '' } = records.at(-1)?.result ?? {}
  const origin =
    corpus === undefined
      ? ''
      : ` ${count(corpus.real)} documents are real passages with the vectors that the encoder gave them; further ones are variants of these: three in ten words, and word pieces with their weights, chosen by seed, come from another passage (the same one for text and vector). So a passage and its variants are near copies of each other, which nature has fewer of: compare ratios rather than times.`
  return `${count(queries)} real queries of 4 to 12 words (${fixed(query_tokens, 1)} distinct word pieces), k = 10, one shard, ${rounds} counted passes by turns, over HTTP on the loopback address with connections that stay open, client and engine on the same cores. Columns p50, p90 and p99: one client, one segment, \`track_total_hits: false\`, ms. "x bm25" and "x neural_sparse" are ratios of p50. "Overlap" is the share of the first ten that \`rank_feature\`, exact within the engine's nine bits, has too. "Counted" is p50 with \`track_total_hits\` at its default. "Unmerged" is p50 over the segments that filling left. Vectors are pruned at .1 of their largest weight, as an index of ours holds them (${model}).${origin}`
}

function ofSize(record: SearchRecord, corpus: CorpusFacts | undefined, title = ''): string[] {
  const { result } = record
  const { variants, counted, unmerged, load, missing } = result
  const isReal = corpus !== undefined && result.documents <= corpus.real
  return [
    `### ${title}${count(result.documents)} documents${isReal ? ', all real' : ''}`,
    table(
      [
        ...['query', 'p50', 'p90', 'p99', ...COMPARED.map((other) => `x ${other}`), 'overlap'],
        ...(counted === undefined ? [] : ['counted']),
        ...(unmerged === undefined ? [] : ['unmerged']),
        ...(load === undefined
          ? []
          : [
              `${load.clients} clients: queries a second`,
              `p50 at ${load.clients}`,
              `p99 at ${load.clients}`,
            ]),
      ],
      Object.entries(variants).map(([name, speed]) => [
        `\`${name}\``,
        ...[speed.p50_ms, speed.p90_ms, speed.p99_ms].map((ms) => fixed(ms, 2)),
        ...ratios(variants, name),
        fixed(speed.overlap, 3),
        ...(counted === undefined ? [] : [fixed(counted[name]?.p50_ms, 2)]),
        ...(unmerged === undefined ? [] : [fixed(unmerged.variants[name]?.p50_ms, 2)]),
        ...(load === undefined
          ? []
          : [
              fixed(load.variants[name]?.ops_per_second, 0),
              fixed(load.variants[name]?.p50_ms, 2),
              fixed(load.variants[name]?.p99_ms, 2),
            ]),
      ]),
    ),
    ...filters(result),
    indices(result),
    ...Object.entries(missing).map(([name, why]) => `Not measured: \`${name}\`, because of: ${oneLine(why)}`),
    circumstances(record, result.versions),
  ]
}

/** Tables of p50 and its ratios, one for each filter. */
function filters({ filtered = [] }: BenchSearchResult): string[] {
  const [first] = filtered
  if (first === undefined) return []
  const names = Object.keys(first.variants)
  return [
    'Beside a filter (`bool` with a `range` that lets evenly spread documents through), p50 in ms:',
    table(
      [
        'query',
        ...filtered.flatMap(({ passing }) => [
          `${passing}% pass`,
          ...COMPARED.map((other) => `x ${other}`),
          'overlap',
        ]),
      ],
      names.map((name) => [
        `\`${name}\``,
        ...filtered.flatMap(({ variants }) => {
          const own = variants[name]
          return [fixed(own?.p50_ms, 2), ...ratios(variants, name), fixed(own?.overlap, 3)]
        }),
      ]),
    ),
  ]
}

/** Variants to whose p50 the table relates the others. */
const COMPARED = ['bm25', 'neural_sparse'] as const

function ratios(speeds: Readonly<Record<string, { readonly p50_ms: number }>>, name: string): string[] {
  const own = speeds[name]?.p50_ms ?? Number.NaN
  return COMPARED.map((other) => fixed(own / (speeds[other]?.p50_ms ?? Number.NaN), 2))
}

function indices({
  store_bytes,
  index_bytes,
  fill_seconds,
  index_seconds,
  unmerged,
}: BenchSearchResult): string {
  return table(
    ['index', 'inverted index', 'all files', 'filling, s', 'with the merge, s', 'segments before it'],
    Object.entries(store_bytes).map(([kind, all]) => [
      `\`${kind}\``,
      index_bytes[kind] === undefined ? '' : byteSize(index_bytes[kind]),
      // Files without sources: the rest is data that the engine keeps for recovery and deletes later.
      kind === 'both' || kind === 'sparse_vector' ? byteSize(all) : '',
      fixed(fill_seconds[kind], 1),
      fixed(index_seconds[kind], 1),
      fixed(unmerged?.segments[kind], 0),
    ]),
  )
}

function overhead(records: readonly SearchRecord[]): string {
  const worst = records
    .map(({ result }) => result.client_overhead)
    .reduce((a, b) => (a.p99_ms > b.p99_ms ? a : b))
  const verdict = worst.p99_ms <= CLIENT_OVERHEAD_BOUND_MS ? 'below' : 'NOT below'
  return `The client itself, from the text to the bytes of a request with stock clauses (word pieces, weights, JSON), takes ${fixed(worst.p50_ms, 3)} ms at the median and ${fixed(worst.p99_ms, 3)} ms at p99: ${verdict} the bound of ${CLIENT_OVERHEAD_BOUND_MS} ms. \`both\` holds text, vector and sources, as users' indices do; the others hold one field and no source.`
}

function oneLine(text: string): string {
  return textStart(text.replaceAll(/\s+/g, ' '), 300)
}
