import { readFileSync } from 'node:fs'
import type { BenchEncodeResult } from '../../bench/encode/encode-table.ts'
import type { IngestResult } from '../../bench/ingest/ingest-table.ts'
import type { BenchSearchResult } from '../../bench/search/search-result.ts'
import { INDEXED_RATIO } from '../corpus/corpus.ts'
import type { Section } from './markdown.ts'
import { scalePage } from './scale-page.ts'
import { clusterSection } from './sections/cluster-section.ts'
import { encodeSection, encodeSummary } from './sections/encode-section.ts'
import { growthSection } from './sections/growth-section.ts'
import { ingestSection } from './sections/ingest-section.ts'
import { type PrunedRecord, pruningSection, qualityByPruning } from './sections/pruning-section.ts'
import { type CorpusFacts, searchSection } from './sections/search-section.ts'
import { searchSummary } from './sections/search-summary.ts'
import { summarySection } from './sections/summary-section.ts'
import type { StepRecord, StepStore } from './store.ts'

export interface BenchmarkPages {
  /** Text of each file by its path below docs/. */
  readonly files: ReadonlyMap<string, string>
  /** Generated blocks of the README by name, for steps that have run. */
  readonly readmeBlocks: ReadonlyMap<string, string>
}

/**
 * docs/benchmarks.md, docs/scale.md and the plots, made only of the results of the steps. Parts that were not measured
 * are absent.
 *
 * @param qualityFile docs/quality.md, for the loss of quality by pruning
 */
export function benchmarkPages(store: StepStore, qualityFile: string): BenchmarkPages {
  const encode = store.read<BenchEncodeResult>('encode')
  const ingest = store.read<IngestResult>('ingest')
  const cluster = store.readCluster()
  const searches = store
    .names()
    .filter((name) => name.startsWith('search-'))
    .flatMap((name) => store.read<BenchSearchResult>(name) ?? [])
    .sort((a, b) => a.result.documents - b.result.documents)
  const pruned = prunings(store, searches)
  const quality = qualityByPruning(text(qualityFile))
  const sections = [
    summarySection({ encode, ingest, searches, pruned, quality }),
    encode && encodeSection(encode),
    ingest && ingestSection(ingest),
    searches.length === 0
      ? undefined
      : searchSection(
          searches,
          store.read<CorpusFacts>('corpus')?.result,
          store.read<BenchSearchResult>('seismic'),
        ),
    pruningSection(pruned, quality),
    growthSection(searches, pruned),
    cluster && clusterSection(cluster),
  ].filter((section): section is Section => section !== undefined)
  const scale = ingest && scalePage({ searches, ingest })
  return {
    files: new Map([
      ['benchmarks.md', page(sections, scale !== undefined)],
      ...(scale === undefined ? [] : [['scale.md', scale] as const]),
      ...sections.flatMap(({ plots }) =>
        Array.from(plots, ([file, svg]) => [`benchmarks/${file}`, svg] as const),
      ),
    ]),
    readmeBlocks: new Map([
      ...(encode === undefined ? [] : [['encode', encodeSummary(encode)] as const]),
      ...searches.slice(-1).map((largest) => ['search', searchSummary(largest)] as const),
    ]),
  }
}

/** The unpruned and the more strongly pruned indices, with that of the search step between them, ascending. */
function prunings(store: StepStore, searches: readonly StepRecord<BenchSearchResult>[]): PrunedRecord[] {
  const others = store.names().flatMap((name) => {
    const [, ratio] = /^pruning-([\d.]+)$/.exec(name) ?? []
    const record = store.read<BenchSearchResult>(name)
    return ratio === undefined || record === undefined ? [] : [{ ratio: Number(ratio), record }]
  })
  const same = searches.find(({ result }) => result.documents === others[0]?.record.result.documents)
  return [...others, ...(same === undefined ? [] : [{ ratio: INDEXED_RATIO, record: same }])].sort(
    (a, b) => a.ratio - b.ratio,
  )
}

function page(sections: readonly Section[], hasScale: boolean): string {
  return `${[
    '# Benchmarks',
    `Written by \`npm run report:benchmarks\` from the results of its steps; every section says how, when and on what it was measured. Do not edit. A section that is missing has not been measured.${hasScale ? ' What it means for larger collections: [scale.md](scale.md). How good the results are: [quality.md](quality.md).' : ' How good the results are: [quality.md](quality.md).'}`,
    ...sections.map(({ text }) => text),
  ].join('\n\n')}\n`
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
