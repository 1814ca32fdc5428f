import { textStart } from '../text-start.ts'
import type { WordPieceTokenizer } from './tokenizer.ts'

/**
 * Whether the model can hardly read a text: most of its word pieces are unknown or single letters, so that its vector
 * is noise.
 *
 * Shares measured with the vocabulary of lexpand-mini-v1 on a sentence each: Russian, Greek, Arabic, Hebrew, Hindi, Thai,
 * Chinese, Japanese, Korean .93 to 1; Vietnamese .39; hexadecimal hashes .32; Polish .21; English, German, French,
 * Finnish, Turkish, program code and formulas at most .11.
 */
export function isUnreadable(text: string, tokenizer: WordPieceTokenizer): boolean {
  return strangeShare(text, tokenizer) > UNREADABLE_SHARE
}

/** A share between those measured for scripts that the model does not know and all others. */
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
