/**
 * The first distinct words of a text, so that they stay within the engine's limit of clauses. In scripts without spaces
 * each character counts, as analyzers cut them.
 *
 * @param most largest number of words; a text with no more words is returned unchanged
 */
export function leadingTerms(text: string, most: number): string {
  const seen = new Set<string>()
  for (const { 0: term, index } of text.matchAll(TERMS)) {
    if (seen.has(term)) continue
    if (seen.size >= Math.max(1, most)) return text.slice(0, index).trimEnd()
    seen.add(term)
  }
  return text
}

const TERMS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+/gu
