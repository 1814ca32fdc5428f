import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { WordPieceTokenizer } from '../word-pieces/tokenizer.ts'

interface TokenizedText {
  readonly text: string
  readonly ids: readonly number[]
}

/** Content of tokens.json.gz, made by make-tokens.py. */
export interface TokenGolden {
  readonly hard: readonly TokenizedText[]
  readonly random: {
    readonly seed: number
    readonly sample: readonly TokenizedText[]
    /** CRC-32 over the ids (uint32, little endian) of each random string. */
    readonly checksums: readonly number[]
  }
  /** First code point of a block of 256 -> CRC-32 over the ids of its text. */
  readonly blocks: Readonly<Record<string, number>>
}

export function readTokenGolden(): TokenGolden {
  return JSON.parse(gunzipSync(readFileSync(new URL('tokens.json.gz', import.meta.url))).toString())
}

/** Content of queries.json.gz, made by make-queries.py: texts and their weighted pieces, heaviest first. */
export interface QueryGolden {
  readonly queries: readonly { readonly text: string; readonly pieces: readonly [string, number][] }[]
}

export function readQueryGolden(): QueryGolden {
  return JSON.parse(gunzipSync(readFileSync(new URL('queries.json.gz', import.meta.url))).toString())
}

/** The bundled vocabulary; sparse/ itself reads no files, its tests do. */
export function goldenTokenizer(): WordPieceTokenizer {
  return new WordPieceTokenizer(readModelJson('tokenizer.json'))
}

export function readModelJson(file: 'tokenizer.json' | 'query-table.json'): object {
  return JSON.parse(readFileSync(new URL(`../../models/lexpand-mini-v1/${file}`, import.meta.url), 'utf8'))
}
