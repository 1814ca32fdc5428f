import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Manifest } from '../models/manifest.ts'
import { QueryTable } from '../sparse/query/query-table.ts'
import { WordPieceTokenizer } from '../sparse/word-pieces/tokenizer.ts'

const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']

/** A complete model of seven word pieces for tests of loading: its graph is arbitrary bytes, not ONNX. */
export function tinyModel(words: readonly string[] = ['rain', 'snow']) {
  const pieces = [...SPECIALS, ...words]
  const tokenizer = {
    truncation: { max_length: 3 },
    added_tokens: SPECIALS.map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    },
  }
  const table = Object.fromEntries(words.map((word, at) => [word, at + 1]))
  const files = {
    'model.onnx': `graph of ${words}`,
    'tokenizer.json': JSON.stringify(tokenizer),
    'query-table.json': JSON.stringify(table),
  }
  const manifest: Manifest = {
    schema: 1,
    name: 'tiny',
    version: '1.0.0',
    licence: 'Apache-2.0',
    base: 'none',
    activation: 'log1p_relu',
    max_length: 16,
    precision: 'float32',
    input_names: ['input_ids', 'attention_mask'],
    output: { kind: 'logits', logits: 'logits' },
    vocabulary_hash: new WordPieceTokenizer(tokenizer).vocabularyHash,
    query_table_hash: new QueryTable(table).hash,
    files: {
      'model.onnx': sha256(files['model.onnx']),
      'tokenizer.json': sha256(files['tokenizer.json']),
      'query-table.json': sha256(files['query-table.json']),
    },
    pruning: { type: 'max_ratio', ratio: 0.1 },
    training: {},
    quality: {},
  }
  return { files, manifest }
}

/** Writes files into a folder of their own, made when needed. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'lexpand-models-'))
}

export function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}
