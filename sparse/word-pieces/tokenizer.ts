import { createHash } from 'node:crypto'
import { Tokenizer } from '@huggingface/tokenizers'
import { LexpandError } from '../errors.ts'
import { wordSpans } from './bert-words.ts'

/** A word of a text and the word pieces it splits into. */
export interface Word {
  /** UTF-16 offset of the word's first unit in the text. */
  readonly start: number
  /** UTF-16 offset behind the word's last unit. */
  readonly end: number
  /** Word piece ids; [UNK] alone where the vocabulary cannot spell the word. Shared with a cache: do not write. */
  readonly ids: Uint32Array
}

/**
 * Uncased BERT WordPiece, equal to the reference implementation (Rust `tokenizers`) on every string it accepts
 * (sparse/golden/); half surrogate pairs, which it does not accept, are dropped.
 *
 * Vocabulary, special tokens and WordPiece itself come from @huggingface/tokenizers; words come from bert-words.ts,
 * where the reason is given.
 */
export class WordPieceTokenizer {
  /** Largest word piece id + 1: the width of the model's output. */
  readonly vocabularySize: number
  /** SHA-256 (hex) over the JSON array of all pieces in id order, null where an id is unused. */
  readonly vocabularyHash: string
  /** Ids of [PAD], [UNK], [CLS], [SEP], [MASK] and all other tokens that the file marks as special. */
  readonly specialTokenIds: ReadonlySet<number>
  readonly clsId: number
  readonly sepId: number
  readonly padId: number
  readonly #tokenizer: Tokenizer
  readonly #model: NonNullable<Tokenizer['model']>
  readonly #specialPattern: RegExp
  readonly #cache = new Map<string, Uint32Array>()

  /**
   * @param tokenizerJson parsed tokenizer.json; its `truncation` and `padding` are ignored: windows.ts cuts
   * @throws LexpandError MODEL when the file is not an uncased BERT WordPiece tokenizer
   */
  constructor(tokenizerJson: object) {
    const file = uncasedBert(tokenizerJson)
    this.#tokenizer = new Tokenizer(file, {})
    this.#model = this.#tokenizer.model as NonNullable<Tokenizer['model']>
    const pieces = this.#model.vocab
    this.vocabularySize = pieces.length
    this.vocabularyHash = createHash('sha256')
      .update(JSON.stringify(Array.from(pieces, (piece) => piece ?? null)))
      .digest('hex')
    const special = file.added_tokens.filter((token) => token.special)
    this.specialTokenIds = new Set(special.map((token) => token.id))
    for (const content of ['[PAD]', '[UNK]', '[CLS]', '[SEP]']) {
      expectPart(
        `special token ${content}`,
        special.some((token) => token.content === content),
        [true],
      )
    }
    this.clsId = this.#required('[CLS]')
    this.sepId = this.#required('[SEP]')
    this.padId = this.#required('[PAD]')
    // Sorted by length, because the reference takes the leftmost, longest match.
    const contents = file.added_tokens.map((token) => token.content).sort((a, b) => b.length - a.length)
    this.#specialPattern = new RegExp(contents.map(escaped).join('|'), 'g')
  }

  /** All word piece ids of a text, shape [pieces], without [CLS] and [SEP] and without truncation. */
  tokenize(text: string): Uint32Array {
    const ids: number[] = []
    for (const word of this.words(text)) for (const id of word.ids) ids.push(id)
    return Uint32Array.from(ids)
  }

  /**
   * The words of a text in order, found one at a time: a caller who stops early pays only for the words read. A special
   * token that occurs literally in the text ("[SEP]") is one word with the special id, as in the reference; vectors and
   * queries drop special ids.
   */
  *words(text: string): Generator<Word> {
    let from = 0
    for (const match of text.matchAll(this.#specialPattern)) {
      yield* this.#plainWords(text, from, match.index)
      from = match.index + match[0].length
      yield { start: match.index, end: from, ids: Uint32Array.of(this.#required(match[0])) }
    }
    yield* this.#plainWords(text, from, text.length)
  }

  /** The word piece with this id, undefined outside the vocabulary. */
  piece(id: number): string | undefined {
    return this.#tokenizer.id_to_token(id)
  }

  /** The id of a word piece, undefined when the vocabulary lacks it. */
  idOf(piece: string): number | undefined {
    return this.#tokenizer.token_to_id(piece)
  }

  *#plainWords(text: string, from: number, to: number): Generator<Word> {
    for (const { start, end, normalized } of wordSpans(text, from, to)) {
      yield { start, end, ids: this.#pieceIds(normalized) }
    }
  }

  #pieceIds(word: string): Uint32Array {
    const known = this.#cache.get(word)
    if (known !== undefined) return known
    const pieces: string[] = this.#model.encode([word])
    const ids = Uint32Array.from(pieces, (piece) => this.#required(piece))
    if (word.length <= CACHED_WORD_LENGTH) {
      // Words follow Zipf's law: after a flush the frequent ones are back at once, so no order of use is kept.
      if (this.#cache.size >= CACHED_WORDS) this.#cache.clear()
      this.#cache.set(word, ids)
    }
    return ids
  }

  #required(piece: string): number {
    const id = this.#tokenizer.token_to_id(piece)
    if (id === undefined) {
      throw new LexpandError(
        'MODEL',
        `[tokenizer] expected the vocabulary to hold ${piece}, got none. Use the tokenizer.json of a BERT model.`,
      )
    }
    return id
  }
}

function escaped(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Bounds of the word cache: about 15 MB when full. */
const CACHED_WORDS = 50_000
const CACHED_WORD_LENGTH = 50

interface TokenizerFile {
  readonly added_tokens: readonly {
    readonly id: number
    readonly content: string
    readonly special: boolean
  }[]
}

/** Checks the assumptions of bert-words.ts, so that a cased or byte-level tokenizer fails here and not in the ranking. */
function uncasedBert(json: object): TokenizerFile {
  const file = json as {
    model?: { type?: unknown; vocab?: unknown; unk_token?: unknown } | undefined
    normalizer?: Record<string, unknown> | null | undefined
    pre_tokenizer?: { type?: unknown } | null | undefined
    added_tokens?: unknown | undefined
  }
  const normalizer = file.normalizer
  expectPart('model.type', file.model?.type, ['WordPiece'])
  expectPart('model.unk_token', file.model?.unk_token, ['[UNK]'])
  expectPart('model.vocab', typeof file.model?.vocab, ['object'])
  expectPart('normalizer.type', normalizer?.type, ['BertNormalizer'])
  expectPart('normalizer.clean_text', normalizer?.clean_text, [true])
  expectPart('normalizer.handle_chinese_chars', normalizer?.handle_chinese_chars, [true])
  expectPart('normalizer.lowercase', normalizer?.lowercase, [true])
  expectPart('normalizer.strip_accents', normalizer?.strip_accents, [null, true, undefined])
  expectPart('pre_tokenizer.type', file.pre_tokenizer?.type, ['BertPreTokenizer'])
  expectPart('added_tokens', Array.isArray(file.added_tokens), [true])
  for (const token of file.added_tokens as Record<string, unknown>[]) {
    expectPart('added_tokens[].content', typeof token.content, ['string'])
    expectPart('added_tokens[].single_word', token.single_word, [false, undefined])
    expectPart('added_tokens[].normalized', token.normalized, [false])
  }
  return json as TokenizerFile
}

function expectPart(name: string, actual: unknown, accepted: readonly unknown[]): void {
  if (accepted.includes(actual)) return
  throw new LexpandError(
    'MODEL',
    `[tokenizer] expected ${name} to be ${accepted.map(String).join(' or ')}, got ${String(actual)}. ` +
      'Lexpand reads uncased BERT WordPiece tokenizers only.',
  )
}
