import { availableParallelism } from 'node:os'
import type { Model } from '../models/index.ts'
import { fakeEncoder } from '../workers/encoders/fake.ts'
import { type OnnxEncoder, onnxEncoder } from '../workers/index.ts'

export interface BenchEncoderOptions {
  /** Weights from a hash at no cost: what is left is the price of everything else. */
  readonly fake: boolean
  readonly encoderProcesses: number
}

/** An encoder whose processes have loaded the model: a run of minutes must not be charged for the start. */
export async function benchEncoder(
  model: Model,
  { fake, encoderProcesses: processes }: BenchEncoderOptions,
): Promise<OnnxEncoder> {
  const { tokenizer } = model
  if (fake) {
    const hiddenIds = new Set([...tokenizer.specialTokenIds, tokenizer.idOf('.') ?? tokenizer.padId])
    const { encode, dispose } = fakeEncoder({ vocabularySize: tokenizer.vocabularySize, hiddenIds })
    return { encode, dispose, busyMs: 0, processIds: [], restarts: 0, saturatedWindows: 0 }
  }
  const threads = Math.max(1, Math.floor(availableParallelism() / processes))
  const encoder = onnxEncoder(model, { processes, threads })
  const inputIds = Uint32Array.of(tokenizer.clsId, tokenizer.sepId)
  // One call for each process: an idle one takes each.
  await Promise.all(Array.from({ length: processes }, () => encoder.encode([{ inputIds }])))
  return encoder
}
