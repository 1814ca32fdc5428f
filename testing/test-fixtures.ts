import { readFileSync } from 'node:fs'
import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../mappings/specification.ts'
import { WordPieceTokenizer } from '../sparse/word-pieces/tokenizer.ts'
import { type FakeEncoderOptions, fakeEncoder } from '../workers/encoders/fake.ts'

/** The tokenizer of the bundled model. Test code. */
export function testTokenizer(): WordPieceTokenizer {
  const file = new URL('../models/lexpand-mini-v1/tokenizer.json', import.meta.url)
  return new WordPieceTokenizer(JSON.parse(readFileSync(file, 'utf8')))
}

/** A fake encoder whose vectors fit that tokenizer. */
export function testEncoder(tokenizer: WordPieceTokenizer, options: Partial<FakeEncoderOptions> = {}) {
  const hiddenIds = new Set([...tokenizer.specialTokenIds, tokenizer.idOf('.') ?? 0])
  return fakeEncoder({ vocabularySize: tokenizer.vocabularySize, hiddenIds, ...options })
}

export const SPECIFICATION: IndexSpecification = {
  version: 1,
  fields: ['text'],
  sparse_field: 'text_sparse',
  fingerprint: 'f1f1f1f1f1f1f1f1',
  windowing: { maxLength: 128, overlap: 16, maxWindows: 4 },
  pruning: { type: 'max_ratio', ratio: 0.1 },
  model: {
    name: 'fixture',
    version: '1',
    identity: 'a'.repeat(64),
    vocabulary_hash: 'b',
    query_table_hash: 'c',
  },
}

/** A client of which only the given methods exist; each gets the request and gives the body of the reply. */
export function stubClient(methods: Record<string, (request: never) => unknown>): Client {
  return Object.fromEntries(
    Object.entries(methods).map(([name, answer]) => [
      name,
      async (request: never) => ({ body: await answer(request), statusCode: 200 }),
    ]),
  ) as unknown as Client
}
