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

/** Between what was measured for scripts that the model does not know, and everything else. */
const UNREADABLE_SHARE = 0.6
/** UTF-16 units looked at: a language shows in less. */
const LOOKED_AT_UNITS = 2_000

/** @returns of the first word pieces those that are unknown or single letters, 0 to 1; 0 for a text without any */
export function strangeShare(text: string, tokenizer: WordPieceTokenizer): number {
  const ids = tokenizer.tokenize(textStart(text, LOOKED_AT_UNITS).toWellFormed())
  if (ids.length === 0) return 0
  let strange = 0
  for (const id of ids) if (isStrange(tokenizer.piece(id) ?? UNKNOWN)) strange++
  return strange / ids.length
}

const UNKNOWN = '[UNK]'

/** A Latin letter that is a word of its own is none: variables, initials, "a". */
function isStrange(piece: string): boolean {
  return piece === UNKNOWN || /^##[\p{L}\p{M}]$/u.test(piece) || /^(?![a-z])[\p{L}\p{M}]$/u.test(piece)
}
