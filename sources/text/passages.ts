/**
 * Cuts a text into passages of about `words` words: whole paragraphs while they fit, long paragraphs at
 * sentence ends, a sentence that is too long at word ends. Nothing is lost and nothing overlaps.
 *
 * @param text paragraphs separated by blank lines
 * @param words at least 1
 */
export function passages(text: string, words: number): string[] {
  const result: string[] = []
  let current: string[] = []
  let size = 0
  const flush = () => {
    if (current.length > 0) result.push(current.join('\n'))
    current = []
    size = 0
  }
  for (const piece of pieces(text, words)) {
    const length = wordCount(piece)
    if (size > 0 && size + length > words) flush()
    current.push(piece)
    size += length
  }
  flush()
  return result
}

export function wordCount(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}

function* pieces(text: string, words: number): Generator<string> {
  for (const paragraph of text.split(/\n\s*\n/)) {
    const trimmed = paragraph.trim()
    if (trimmed === '') continue
    if (wordCount(trimmed) <= words) yield trimmed
    else yield* sentences(trimmed, words)
  }
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

function* sentences(paragraph: string, words: number): Generator<string> {
  for (const { segment } of segmenter.segment(paragraph)) {
    const all = segment.match(/\S+/g) ?? []
    for (let start = 0; start < all.length; start += words) yield all.slice(start, start + words).join(' ')
  }
}
