import { textStart } from '../text-start.ts'
import type { WordPieceTokenizer } from './tokenizer.ts'

/**
 * Share of strange word pieces of a text that the model can hardly read: most of its pieces are unknown or single letters,
 * so that its vector is noise. Undefined for a text that it can read.
 *
 * Shares measured with the vocabulary of lexpand-mini-v1 on one to five texts each: Russian, Greek, Arabic, Hebrew, Hindi,
 * Thai, Chinese, Japanese, Korean .91 to 1; emoji .6 to 1, with English words between them .6; an unbroken string of more
 * than a hundred characters 1, since it is one unknown piece; Chinese and English words in turn .26 to .6; base64 .27 to .39;
 * Vietnamese .34; Polish, Czech, formulas .18 to .21; UUIDs .19; part numbers .15; English, German, French, Finnish, Turkish,
 * program code at most .11.
 */
export function unreadableShare(text: string, tokenizer: WordPieceTokenizer): number | undefined {
  const share = strangeShare(text, tokenizer)
  return share > UNREADABLE_SHARE ? share : undefined
}

/** Whether the share of {@link unreadableShare} is above its limit. */
export function isUnreadable(text: string, tokenizer: WordPieceTokenizer): boolean {
  return unreadableShare(text, tokenizer) !== undefined
}

/**
 * In the gap between .6, up to which a text holds words that the model knows and is found by, and .91, from which it holds
 * none. Nearer to the lower end: a document is marked, not refused.
 */
const UNREADABLE_SHARE = 0.6
/** Number of UTF-16 units read: they suffice to recognise a language. */
const LOOKED_AT_UNITS = 2_000

/** @returns share of the first word pieces that are unknown or single letters, 0 to 1; 0 for a text without word pieces */
export function strangeShare(text: string, tokenizer: WordPieceTokenizer): number {
  const ids = tokenizer.tokenize(textStart(text, LOOKED_AT_UNITS).toWellFormed())
  if (ids.length === 0) return 0
  let strange = 0
  for (const id of ids) if (isStrange(tokenizer.piece(id) ?? UNKNOWN)) strange++
  return strange / ids.length
}

const UNKNOWN = '[UNK]'

/** A single Latin letter that is a word of its own is not strange: variables, initials, "a". */
function isStrange(piece: string): boolean {
  return piece === UNKNOWN || /^##[\p{L}\p{M}]$/u.test(piece) || /^(?![a-z])[\p{L}\p{M}]$/u.test(piece)
}
