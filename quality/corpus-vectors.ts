import { createHash } from 'node:crypto'
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Model } from '../models/index.ts'
import { expandTexts } from '../sparse/index.ts'
import { type OnnxEncoder, onnxEncoder } from '../workers/encoders/onnx.ts'
import { readBeirDocuments } from './beir.ts'

/** A document with the vector of the encoder: weights descending, not pruned. */
export interface EncodedDocument {
  readonly id: string
  readonly tokenIds: readonly number[]
  readonly weights: readonly number[]
}

/** Number of documents between two writes: the most that a stopped run loses. */
const STEP = 64

/**
 * Encodes a BEIR corpus, each document cut at the length of the model, as for published figures. The vectors are kept
 * in a file of `folder`, named after corpus and model; a stopped run continues where it was.
 */
export async function corpusVectors(
  directory: string,
  model: Model,
  folder: string,
  onProgress: (done: number, all: number) => void,
): Promise<EncodedDocument[]> {
  const documents: { id: string; text: string }[] = []
  const hash = createHash('sha256')
  for await (const document of readBeirDocuments(directory)) {
    documents.push(document)
    hash.update(JSON.stringify([document.id, document.text]))
  }
  await mkdir(folder, { recursive: true })
  const name = [basename(resolve(directory)), hash.digest('hex').slice(0, 8), model.identity.slice(0, 12)]
  const file = join(folder, `${name.join('-')}.jsonl`)
  const known = await readWhole(file)
  if (known.length === documents.length) return known
  const encoder = onnxEncoder(model)
  try {
    for (let at = known.length; at < documents.length; at += STEP) {
      const part = await encode(documents.slice(at, at + STEP), model, encoder)
      await appendFile(file, part.map((document) => `${JSON.stringify(document)}\n`).join(''))
      known.push(...part)
      onProgress(known.length, documents.length)
    }
  } finally {
    await encoder.dispose()
  }
  return known
}

async function encode(
  part: readonly { id: string; text: string }[],
  model: Model,
  encoder: OnnxEncoder,
): Promise<EncodedDocument[]> {
  const expanded = await expandTexts(
    part.map(({ text }) => text),
    {
      tokenizer: model.tokenizer,
      windowing: { maxLength: model.manifest.max_length, overlap: 0, maxWindows: 1 },
      pruning: { type: 'none' },
      encoder,
      tokenBudget: 2_048,
    },
  )
  return expanded.map(({ vector }, at) => ({
    id: part[at]?.id ?? '',
    tokenIds: [...vector.tokenIds],
    weights: [...vector.weights].map((weight) => Number(weight.toPrecision(6))),
  }))
}

/** The whole lines of a file; the half line that a killed run leaves at the end is cut off. */
async function readWhole(file: string): Promise<EncodedDocument[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const end = text.lastIndexOf('\n') + 1
  if (end < text.length) await truncate(file, Buffer.byteLength(text.slice(0, end)))
  return text
    .slice(0, end)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EncodedDocument)
}
