import type { WordPieceTokenizer } from './tokenizer.ts'

/**
 * The word piece with this id when it may be stored and queried, else undefined.
 *
 * Special tokens have no meaning in a text. A piece with a dot (".", "##.", "...") cannot be searched for: a
 * `rank_feature` query takes the part after the last dot of "field.piece" as the piece.
 */
export function indexablePiece(id: number, tokenizer: WordPieceTokenizer): string | undefined {
  if (tokenizer.specialTokenIds.has(id)) return undefined
  const piece = tokenizer.piece(id)
  return piece?.includes('.') ? undefined : piece
}
