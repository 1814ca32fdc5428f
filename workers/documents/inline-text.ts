import type { IndexSpecification } from '../../mappings/specification.ts'
import { MAX_NESTING } from '../../mappings/text/document-text.ts'
import { hashOfText } from '../../mappings/text/text-hash.ts'
import { COLLECT_PIECES } from '../../mappings/text/text-script.ts'

/*
 * Pages of documents whose texts may have any length. The walk over `_source` runs in the engine, which knows how
 * long a text is before it sends it; a plain page of documents may be as large as a thousand times the largest one.
 * The hash is made here: painless has `sha256` only where it writes.
 */

/** What the script says of the text of a document; `long` in characters, where it did not come with the page. */
export type InlineText =
  | { readonly text: string }
  /** Field and type, as they stand in the hash. */
  | { readonly problem: string }
  | { readonly long: number }

/** Documents of the first page. */
export const FIRST_PAGE = 100
export const MAX_PAGE = 1_000
/** A page that takes the engine longer is followed by a smaller one, a quick one by a larger. */
const SLOW_MS = 4_000
const QUICK_MS = 1_000
/** Texts up to here come with the page, at most 30 MB of them; longer ones by themselves. */
const INLINE_CHARACTERS = 10_000
/** Characters of long texts that are asked for at once. */
const LONG_CHARACTERS = 10_000_000

/** Painless around some lines of the caller: they find `source` and a map `seen`, which is what a document gives. */
export function inlineTextScript(own: string): string {
  return `${COLLECT_PIECES}
def source = params._source;
Map seen = new HashMap();
${own}
List pieces = new ArrayList();
for (def field : params.fields) {
  String type = collect(source, field, 0, params.max_nesting, pieces);
  if (type != null) { seen.problem = field + ':' + type; return seen; }
}
long characters = 0;
for (def piece : pieces) characters += piece.length() + 1;
if (characters > params.inline) seen.long = characters; else seen.text = String.join(' ', pieces);
return seen;`
}

/** Parameters that the script needs beside those of its caller. */
export function inlineTextParams({ fields }: IndexSpecification) {
  return { fields, max_nesting: MAX_NESTING, inline: INLINE_CHARACTERS }
}

/** As `textHash` makes it; undefined where the text is too long for the page. */
export function inlineHash(seen: InlineText): string | undefined {
  if ('text' in seen) return hashOfText(seen.text)
  return 'problem' in seen ? `not-text:${seen.problem}` : undefined
}

/** @returns documents of the next page, from 1 to {@link MAX_PAGE} */
export function nextSize(size: number, tookMs: number): number {
  if (tookMs > SLOW_MS) return Math.ceil(size / 4)
  return tookMs < QUICK_MS ? Math.min(MAX_PAGE, size * 2) : size
}

/** Parts of a page of long texts that may be read at once. */
export function byCharacters<T>(hits: readonly T[], charactersOf: (hit: T) => number): T[][] {
  const parts: T[][] = []
  let characters = 0
  for (const hit of hits) {
    const own = charactersOf(hit)
    const part = parts.at(-1)
    characters += own
    if (part !== undefined && characters <= LONG_CHARACTERS) part.push(hit)
    else {
      parts.push([hit])
      characters = own
    }
  }
  return parts
}
