import type { TokenWindow } from '../encoder.ts'
import { LexpandError } from '../errors.ts'
import type { WordPieceTokenizer } from './tokenizer.ts'

/** Describes how a text longer than the model's input is cut. Part of the fingerprint, because it changes vectors. */
export interface Windowing {
  /** Number of word pieces in a window, [CLS] and [SEP] included; 3 to the model's max_length. */
  readonly maxLength: number
  /** Number of word pieces that a window shares with the previous one, so that no sentence is seen only in halves. */
  readonly overlap: number
  /** Largest number of windows of one text; word pieces behind them count as truncated. */
  readonly maxWindows: number
}

export const DEFAULT_OVERLAP = 32
/** 16 windows of 512 cover about 7,700 word pieces, some 30 kB of English. */
export const DEFAULT_MAX_WINDOWS = 16

export interface WindowedText {
  readonly windows: readonly TokenWindow[]
  /** Number of word pieces in the whole text; extrapolated behind {@link COUNTED_UNITS}. */
  readonly tokens: number
  /** Number of word pieces that no window covers. */
  readonly truncated: number
}

/**
 * Once the windows are full, word pieces are counted exactly over this many more UTF-16 units (about .1 s of
 * work) and extrapolated from there at the rate so far: a number for a report must not hold up a worker for 10 MB.
 */
export const COUNTED_UNITS = 200_000

/**
 * Cuts a text into windows of true word pieces, each framed by [CLS] and [SEP]. Memory is bounded by the
 * windows, not by the text. A text without word pieces has no windows.
 *
 * @throws LexpandError CONFIGURATION for an unusable windowing
 */
export function windowsOf(text: string, tokenizer: WordPieceTokenizer, windowing: Windowing): WindowedText {
  assertWindowing(windowing)
  const content = windowing.maxLength - 2
  const step = content - windowing.overlap
  const limit = content + (windowing.maxWindows - 1) * step
  const { pieces, tokens } = readPieces(text, tokenizer, limit)
  const windows: TokenWindow[] = []
  for (let start = 0; start < pieces.length; start += step) {
    windows.push(framed(pieces.slice(start, start + content), tokenizer))
    if (start + content >= pieces.length) break
  }
  return { windows, tokens, truncated: tokens - pieces.length }
}

/** @throws LexpandError CONFIGURATION with the value and its range */
export function assertWindowing({ maxLength, overlap, maxWindows }: Windowing): void {
  assertInteger('maxLength', maxLength, 3, Number.MAX_SAFE_INTEGER)
  assertInteger('overlap', overlap, 0, maxLength - 3)
  assertInteger('maxWindows', maxWindows, 1, Number.MAX_SAFE_INTEGER)
}

function readPieces(text: string, tokenizer: WordPieceTokenizer, limit: number) {
  const pieces: number[] = []
  let tokens = 0
  let countUntil = Number.POSITIVE_INFINITY
  for (const word of tokenizer.words(text)) {
    tokens += word.ids.length
    for (const id of word.ids) {
      if (pieces.length === limit) break
      pieces.push(id)
    }
    if (tokens > limit && countUntil === Number.POSITIVE_INFINITY) countUntil = word.end + COUNTED_UNITS
    if (word.end > countUntil) {
      tokens = Math.round((tokens / word.end) * text.length)
      break
    }
  }
  return { pieces, tokens }
}

function framed(pieces: readonly number[], { clsId, sepId }: WordPieceTokenizer): TokenWindow {
  const inputIds = new Uint32Array(pieces.length + 2)
  inputIds[0] = clsId
  inputIds.set(pieces, 1)
  inputIds[pieces.length + 1] = sepId
  return { inputIds }
}

function assertInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new LexpandError(
    'CONFIGURATION',
    `[windows] expected ${name} to be an integer from ${least}${most === Number.MAX_SAFE_INTEGER ? ' up' : ` to ${most}`}, ` +
      `got ${value}. Change the windowing.`,
  )
}
