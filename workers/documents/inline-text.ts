import type { IndexSpecification } from '../../mappings/specification.ts'
import { MAX_NESTING } from '../../mappings/text/document-text.ts'
import { hashOfText } from '../../mappings/text/text-hash.ts'
import { COLLECT_PIECES } from '../../mappings/text/text-script.ts'
import type { IndexLimits } from '../../opensearch/index-limits.ts'

/*
 * Pages of documents whose texts may have any length. The walk over `_source` runs in the engine, which knows the
 * length of a text before it sends it. A plain page of a thousand documents has no such bound: it may be a thousand
 * times as large as the largest document. The hash is made here: painless has `sha256` only where it writes.
 */

/** What the script returns for the text of a document. `long` is a length in characters, for a text that did not come with the page. */
export type InlineText =
  | { readonly text: string }
  /** Field name and type, in the form that enters the hash. */
  | { readonly problem: string }
  | { readonly long: number }

/** A hit of such a page. The client's type of a hit has neither script fields nor versions. */
export interface InlineTextHit<Seen extends object> {
  readonly _id: string
  readonly _routing?: string | undefined
  readonly _seq_no: number
  readonly _primary_term: number
  readonly sort: readonly [number]
  readonly fields: { readonly seen: readonly [Seen] }
  readonly matched_queries?: readonly string[] | undefined
}

/** Number of documents of the first page. */
export const FIRST_PAGE = 100
export const MAX_PAGE = 1_000
/** A page that takes the engine longer than this is followed by a smaller one, a quicker page by a larger one. */
const SLOW_MS = 4_000
const QUICK_MS = 1_000
/** Texts of at most this length come with the page, which then holds at most 30 MB of text; longer ones are read separately. */
const INLINE_CHARACTERS = 10_000
/** Upper bound of the characters of long texts that one request asks for. */
const LONG_CHARACTERS = 10_000_000

/** Wraps lines of Painless of the caller. They find `source` and a map `seen`, which is returned for the document. */
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

/** Parameters that the wrapper of the script needs beside those of its caller. */
export function inlineTextParams({ fields }: IndexSpecification) {
  return { fields, max_nesting: MAX_NESTING, inline: INLINE_CHARACTERS }
}

/**
 * The part of a page request for each document: the script, or the named parts of `_source` where the owner of the
 * index allows no script fields (`index.max_script_fields`). {@link withSeen} makes the answers alike.
 */
export function inlineTextRequest(
  { scriptFields }: Pick<IndexLimits, 'scriptFields'>,
  script: { readonly source: string; readonly params: object },
  parts: readonly string[] = [],
): object {
  if (scriptFields === 0) return { _source: parts.length > 0 ? parts : false }
  return { _source: false, script_fields: { seen: { script: { lang: 'painless', ...script } } } }
}

/** Puts what a page brought in place of the script into the form of the script: every text then counts as too long for the page. */
export function withSeen<Hit>(
  hit: Hit,
  ofSource: (source: Readonly<Record<string, unknown>>) => object = () => ({}),
): Hit {
  const { fields, _source = {} } = hit as SeenHit
  if (fields !== undefined) return hit
  return { ...hit, fields: { seen: [{ ...ofSource(_source), long: UNSEEN_CHARACTERS }] } }
}

interface SeenHit {
  readonly fields?: object | undefined
  readonly _source?: Readonly<Record<string, unknown>> | undefined
}

/** Assumed of a text whose length is not known: a hundred of them are read at once. */
const UNSEEN_CHARACTERS = LONG_CHARACTERS / 100

/** The same hash as `textHash`; undefined where the text is too long for the page. */
export function inlineHash(seen: InlineText): string | undefined {
  if ('text' in seen) return hashOfText(seen.text)
  return 'problem' in seen ? `not-text:${seen.problem}` : undefined
}

/** @returns documents of the next page, from 1 to {@link MAX_PAGE} */
export function nextSize(size: number, tookMs: number): number {
  if (tookMs > SLOW_MS) return Math.ceil(size / 4)
  return tookMs < QUICK_MS ? Math.min(MAX_PAGE, size * 2) : size
}

/** Splits a page of long texts into parts that may be read at once. */
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

/** Length of a text that did not come with the page, else 0. */
export function charactersOf({ fields: { seen } }: InlineTextHit<object>): number {
  return 'long' in seen[0] ? Number(seen[0].long) : 0
}
