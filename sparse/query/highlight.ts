import type { Word, WordPieceTokenizer } from '../word-pieces/tokenizer.ts'

export interface HighlightOptions {
  /** @default '<em>' */
  readonly before?: string | undefined
  /** @default '</em>' */
  readonly after?: string | undefined
  /** Longest fragment in UTF-16 units, marks not counted. @default 160 */
  readonly fragmentLength?: number | undefined
  /** Largest number of fragments. @default 3 */
  readonly fragments?: number | undefined
  /**
   * html: `&`, `<`, `>` and quotes of the text become entities, so that a page may show a fragment unchanged. none: the
   * text stays as it is.
   *
   * @default html where a mark is a tag, like the default marks; else none
   */
  readonly escape?: 'html' | 'none' | undefined
}

/**
 * Excerpts of a text with the matched words marked, whole words even where one piece matched, most matched
 * words first, ties in the order of the text.
 *
 * @param matchedPieces word pieces of the query that the document's vector holds
 * @returns empty when no word of the text holds a matched piece (all matches are expansions)
 */
export function highlight(
  text: string,
  tokenizer: WordPieceTokenizer,
  matchedPieces: ReadonlySet<string>,
  options: HighlightOptions = {},
): string[] {
  const { before = '<em>', after = '</em>', fragmentLength = 160, fragments = 3 } = options
  const { escape: escaping = isTag(before) || isTag(after) ? 'html' : 'none' } = options
  const shown = escaping === 'html' ? escapeHtml : (part: string) => part
  const words = leadingWords(text, tokenizer)
  const ids = new Set([...matchedPieces].map((piece) => tokenizer.idOf(piece)))
  const matched = [...words.keys()].filter((at) => words[at]?.ids.some((id) => ids.has(id)))
  return clusters(words, matched, fragmentLength)
    .sort((a, b) => b.length - a.length || (a[0] as number) - (b[0] as number))
    .slice(0, fragments)
    .map((cluster) => excerpt(text, words, cluster, { fragmentLength, before, after, shown }))
}

/** Number of UTF-16 units read of a text: excerpts from the far end of a book are not worth the memory for its tokens. */
const HIGHLIGHTED_UNITS = 1_000_000

function leadingWords(text: string, tokenizer: WordPieceTokenizer): Word[] {
  const words: Word[] = []
  for (const word of tokenizer.words(text)) {
    if (word.end > HIGHLIGHTED_UNITS) break
    words.push(word)
  }
  return words
}

/** Groups of matched words, as indices, each of which fits into one fragment. */
function clusters(words: readonly Word[], matched: readonly number[], fragmentLength: number): number[][] {
  const groups: number[][] = []
  let start = 0
  for (const at of matched) {
    const word = words[at] as Word
    const group = groups.at(-1)
    if (group !== undefined && word.end - start <= fragmentLength) {
      group.push(at)
    } else {
      groups.push([at])
      start = word.start
    }
  }
  return groups
}

interface ExcerptStyle {
  readonly fragmentLength: number
  readonly before: string
  readonly after: string
  /** The displayed form of a part of the text. */
  shown(part: string): string
}

/** Widens a cluster word by word, left by half of the room and right by the rest, and marks its matched words. */
function excerpt(
  text: string,
  words: readonly Word[],
  cluster: readonly number[],
  { fragmentLength, before, after, shown }: ExcerptStyle,
): string {
  let first = cluster[0] as number
  let last = cluster.at(-1) as number
  const room = fragmentLength - (endOf(last) - startOf(first))
  const earliest = startOf(first) - room / 2
  while (first > 0 && startOf(first - 1) >= earliest) first--
  while (last < words.length - 1 && endOf(last + 1) - startOf(first) <= fragmentLength) last++
  let marked = ''
  let copied = startOf(first)
  for (const at of cluster) {
    marked +=
      shown(text.slice(copied, startOf(at))) + before + shown(text.slice(startOf(at), endOf(at))) + after
    copied = endOf(at)
  }
  return marked + shown(text.slice(copied, endOf(last)))

  function startOf(at: number): number {
    return (words[at] as Word).start
  }
  function endOf(at: number): number {
    return (words[at] as Word).end
  }
}

function isTag(mark: string): boolean {
  return mark.includes('<')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
