import type { BenchSearchResult } from '../../../bench/search/search-result.ts'
import { byteSize } from '../../../measure/byte-size.ts'
import { circumstances, count, fixed, percent, type Section, table } from '../markdown.ts'
import type { StepRecord } from '../store.ts'

/** Result for the same documents with one pruning. */
export interface PrunedRecord {
  /** Smallest kept share of a document's largest weight; 0 keeps all. */
  readonly ratio: number
  readonly record: StepRecord<BenchSearchResult>
}

/** Size and time of each pruning and field type, compared with unpruned rank_features. @param pruned ascending by ratio */
export function pruningSection(
  pruned: readonly PrunedRecord[],
  quality: ReadonlyMap<number, number>,
): Section | undefined {
  const whole = pruned.find(({ ratio }) => ratio === 0)?.record.result.index_bytes.rank_features
  const last = pruned.at(-1)?.record
  if (whole === undefined || last === undefined) return undefined
  const wholeQuality = quality.get(0)
  const rows = pruned.flatMap(({ ratio, record: { result } }) =>
    (['rank_features', 'lexpand_impacts'] as const).flatMap((kind) => {
      const size = result.index_bytes[kind]
      if (size === undefined) return []
      const ndcg = quality.get(ratio)
      const query = kind === 'rank_features' ? 'lexpand' : 'lexpand_impacts'
      return [
        [
          `\`${kind}\`, ${ratio === 0 ? 'unpruned' : `pruned at ${ratio}`}`,
          fixed(result.document_tokens, 0),
          byteSize(size),
          percent(size / whole),
          fixed(ndcg, 3),
          ndcg === undefined || wholeQuality === undefined ? '' : signed(ndcg - wholeQuality),
          fixed(result.variants[query]?.p50_ms, 2),
          fixed(result.variants[query]?.overlap, 3),
        ],
      ]
    }),
  )
  return {
    text: [
      '## Pruning and layout',
      table(
        [
          'index',
          'word pieces a document',
          'inverted index',
          'of unpruned `rank_features`',
          'nDCG@10',
          'against unpruned',
          'p50 of our query',
          'overlap with `rank_feature` on it',
        ],
        rows,
      ),
      `${count(last.result.documents)} documents. nDCG@10 is the mean over the sets of [docs/quality.md](quality.md), where weights are not rounded: what the nine bits of \`rank_features\` and the eight of \`lexpand_impacts\` change in the first ten says the overlap. Pruning here is by share of a document's largest weight.`,
      circumstances(last, last.result.versions),
    ].join('\n\n'),
    plots: new Map(),
  }
}

/**
 * Mean nDCG@10 by pruning in docs/quality.md, of its first model.
 *
 * @returns empty when the page has another form
 */
export function qualityByPruning(page: string): Map<number, number> {
  const found = new Map<number, number>()
  const [, mean = ''] = page.split('## Mean over the sets')
  for (const line of mean.split('\n## ')[0]?.split('\n') ?? []) {
    const [, name = '', ndcg = ''] = line.split('|').map((cell) => cell.trim())
    const [, way] = /: sparse, (unpruned|pruned at [\d.]+)$/.exec(name) ?? []
    if (way === undefined) continue
    const ratio = way === 'unpruned' ? 0 : Number(way.replace('pruned at ', ''))
    if (!found.has(ratio)) found.set(ratio, Number(ndcg))
  }
  return found
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`
}
