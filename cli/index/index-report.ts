import type { FillReport } from './fill-index.ts'
import type { IndexFlags } from './index-flags.ts'

export type IndexResult = FillReport & { readonly interrupted?: true | undefined }

/** The result for people: first the problems, then the counts, then the next steps. */
export function indexReport(result: IndexResult, { index, wait, passages }: IndexFlags): string {
  const { read, indexed, encoded, skipped, unchanged, failed, pending, seconds, errors, duplicates } = result
  const { truncation, interrupted, unreadable } = result
  const lines = errors.map(({ id, position, reason }) => `  ${position ?? id ?? '?'}: ${reason}`)
  return [
    ...(lines.length === 0 ? [] : ['Not indexed, or not encoded:', ...lines]),
    ...(failed > lines.length ? [`  ... and ${failed - lines.length} more`] : []),
    `${index}: ${read} read, ${indexed} stored (${(indexed / seconds).toFixed(1)}/s), ${encoded} encoded here, ${skipped} skipped (${unchanged} unchanged, ${skipped - unchanged} without text), ${failed} failed in ${seconds.toFixed(1)} s`,
    ...(duplicates > 0 ? [`${counted(duplicates, 'id')} came more than once: the last document won.`] : []),
    ...(truncation.documents > 0
      ? [
          `${counted(truncation.documents, 'document')} of the index ${truncation.documents === 1 ? 'is' : 'are'} longer than the windows: ${(truncation.share * 100).toFixed(1)}% of their word pieces have no part in the vectors.${passages === undefined ? ' Cut them with --passages 200.' : ''}`,
        ]
      : []),
    ...(unreadable > 0
      ? [
          `${counted(unreadable, 'document')} ${unreadable === 1 ? 'is' : 'are'} in a language or script that the model can hardly read: their vectors say little. Search them by words (--mode bm25), or take a model that knows it (--model).`,
        ]
      : []),
    ...(pending > 0
      ? [
          `${counted(pending, 'document')} ${pending === 1 ? 'waits' : 'wait'} for a vector: ${wait ? `run this again${interrupted ? '' : ','} or` : 'run'} lexpand worker`,
        ]
      : []),
    ...(pending === 0 && failed === 0 && !interrupted ? [`Next: lexpand search "..." --index ${index}`] : []),
  ].join('\n')
}

/** "1 document", "2 documents". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
