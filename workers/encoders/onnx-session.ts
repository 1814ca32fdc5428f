import { InferenceSession, Tensor } from 'onnxruntime-node'
import { LexpandError } from '../../sparse/errors.ts'
import type { Activation } from '../../sparse/vectors/activation.ts'
import { maxPooledWeights } from '../../sparse/vectors/pooling.ts'
import { type SparseVector, sparseVector } from '../../sparse/vectors/sparse-vector.ts'
import { integerProductsSaturate, processorFlags } from './integer-products.ts'
import type { EncodedBatch, OnnxSessionSettings } from './onnx-messages.ts'

/** One loaded graph. `encode` blocks the event loop of its process (onnxruntime-node's `run` is synchronous). */
export interface OnnxSession {
  encode(inputIds: Uint32Array, lengths: Uint32Array): Promise<EncodedBatch>
}

/**
 * Opens the graph and checks that it has the inputs and outputs named in the manifest.
 *
 * @throws LexpandError ENCODER when a name is missing from the graph (the message lists those present)
 */
export async function openSession(settings: OnnxSessionSettings): Promise<OnnxSession> {
  const saturating = integerProductsSaturate(process.arch, processorFlags())
  const session = await InferenceSession.create(settings.modelFile, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(saturating ? { extra: { session: { x64quantprecision: '1' } } } : {}),
  })
  const outputNames = namesOf(settings.output)
  assertPresent('input', session.inputNames, settings.inputNames)
  assertPresent('input', settings.inputNames, session.inputNames)
  assertPresent('output', session.outputNames, outputNames)
  const hidden = new Set(settings.hiddenIds)

  return {
    async encode(inputIds, lengths) {
      const padded = pad(inputIds, lengths, settings.padId)
      const feeds = Object.fromEntries(settings.inputNames.map((name) => [name, inputTensor(name, padded)]))
      const results = await session.run(feeds, outputNames)
      return settings.output.kind === 'top_k'
        ? selected(results, settings.output, hidden, lengths.length)
        : pooled(results[settings.output.logits], padded.mask, settings.activation, hidden)
    },
  }
}

interface Padded {
  /** [batch, sequence] */
  readonly shape: readonly [number, number]
  readonly ids: BigInt64Array
  readonly mask: BigInt64Array
}

function pad(inputIds: Uint32Array, lengths: Uint32Array, padId: number): Padded {
  const sequence = lengths.reduce((longest, length) => Math.max(longest, length), 0)
  const ids = new BigInt64Array(lengths.length * sequence).fill(BigInt(padId))
  const mask = new BigInt64Array(lengths.length * sequence)
  let from = 0
  lengths.forEach((length, row) => {
    for (let column = 0; column < length; column++) {
      ids[row * sequence + column] = BigInt(inputIds[from + column] ?? padId)
      mask[row * sequence + column] = 1n
    }
    from += length
  })
  return { shape: [lengths.length, sequence], ids, mask }
}

function inputTensor(name: string, { ids, mask, shape }: Padded): Tensor {
  if (name === 'input_ids') return new Tensor('int64', ids, shape)
  if (name === 'attention_mask') return new Tensor('int64', mask, shape)
  if (name === 'token_type_ids') return new Tensor('int64', new BigInt64Array(ids.length), shape)
  throw new LexpandError(
    'ENCODER',
    `[encoder] expected inputs named input_ids, attention_mask or token_type_ids, got ${name}. Export the graph with those names.`,
  )
}

type Results = InferenceSession.ReturnType

/** Reads weights and token ids of shape [batch, K]; K is a constant of the graph, and zeros pad. */
function selected(
  results: Results,
  output: { weights: string; token_ids: string },
  hidden: ReadonlySet<number>,
  batch: number,
): EncodedBatch {
  const weights = results[output.weights]?.data as Float32Array
  const tokenIds = results[output.token_ids]?.data as BigInt64Array | Int32Array
  const width = weights.length / batch
  let saturated = 0
  const vectors = Array.from({ length: batch }, (_, row) => {
    const entries = new Map<number, number>()
    for (let at = row * width; at < (row + 1) * width; at++) {
      const id = Number(tokenIds[at])
      if (!hidden.has(id)) entries.set(id, weights[at] ?? 0)
    }
    if ((weights[(row + 1) * width - 1] ?? 0) > 0) saturated++
    return sparseVector(entries)
  })
  return { ...laidEndToEnd(vectors), saturated }
}

function pooled(
  logits: Tensor | undefined,
  attentionMask: BigInt64Array,
  activation: Activation,
  hidden: ReadonlySet<number>,
): EncodedBatch {
  const [batch = 0, sequence = 0, vocabulary = 0] = logits?.dims ?? []
  const vectors = maxPooledWeights(
    { logits: logits?.data as Float32Array, shape: [batch, sequence, vocabulary], attentionMask },
    activation,
    hidden,
  )
  return { ...laidEndToEnd(vectors), saturated: 0 }
}

function laidEndToEnd(vectors: readonly SparseVector[]): Omit<EncodedBatch, 'saturated'> {
  const counts = Uint32Array.from(vectors, (vector) => vector.tokenIds.length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const tokenIds = new Uint32Array(total)
  const weights = new Float32Array(total)
  let at = 0
  for (const vector of vectors) {
    tokenIds.set(vector.tokenIds, at)
    weights.set(vector.weights, at)
    at += vector.tokenIds.length
  }
  return { counts, tokenIds, weights }
}

function namesOf(output: OnnxSessionSettings['output']): string[] {
  return output.kind === 'top_k' ? [output.weights, output.token_ids] : [output.logits]
}

function assertPresent(what: string, available: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((name) => !available.includes(name))
  if (missing.length === 0) return
  throw new LexpandError(
    'ENCODER',
    `[encoder] expected ${what} ${missing.join(', ')}, got only ${available.join(', ')}. Correct the ${what} names in the manifest.`,
  )
}
