import { setTimeout as sleep } from 'node:timers/promises'
import type { Model } from '../../models/index.ts'
import { type Encoder, type TokenWindow, tokenBatches } from '../../sparse/index.ts'
import { fakeEncoder } from '../../workers/encoders/fake.ts'
import { DEFAULT_TOKEN_BUDGET } from '../../workers/encoders/onnx.ts'
import { type OnnxEncoder, onnxEncoder } from '../../workers/index.ts'

/**
 * fake: weights from a hash at no cost, so that only the cost of everything else remains. paced: the same, but batches
 * wait in one line as for a real process, and each sleeps {@link PACED_BATCH_MS}.
 */
export type BenchEncoderKind = 'model' | 'fake' | 'paced'

export interface BenchEncoderOptions {
  readonly encoder: BenchEncoderKind
  readonly encoderProcesses: number
  /** Threads of each process. */
  readonly threads: number
}

/** About the time that a core needs for a batch of the bundled model. */
export const PACED_BATCH_MS = 100

/** An encoder whose processes have already loaded the model: the measured time must not include the start. */
export async function benchEncoder(
  model: Model,
  { encoder: kind, encoderProcesses: processes, threads }: BenchEncoderOptions,
): Promise<OnnxEncoder> {
  const { tokenizer } = model
  if (kind !== 'model') {
    const hiddenIds = new Set([...tokenizer.specialTokenIds, tokenizer.idOf('.') ?? tokenizer.padId])
    const fake = fakeEncoder({ vocabularySize: tokenizer.vocabularySize, hiddenIds })
    const { encode, dispose } = kind === 'paced' ? paced(fake) : fake
    return { encode, dispose, busyMs: 0, processIds: [], restarts: 0, saturatedWindows: 0 }
  }
  const encoder = onnxEncoder(model, { processes, threads })
  const inputIds = Uint32Array.of(tokenizer.clsId, tokenizer.sepId)
  // One call for each process: each idle process takes one.
  await Promise.all(Array.from({ length: processes }, () => encoder.encode([{ inputIds }])))
  return encoder
}

/** Milliseconds that the paced encoder takes for the windows of one call. */
export function pacedMs(windows: readonly TokenWindow[]): number {
  const lengths = windows.map(({ inputIds }) => inputIds.length)
  return PACED_BATCH_MS * tokenBatches(lengths, DEFAULT_TOKEN_BUDGET).length
}

function paced(encoder: Encoder): Encoder {
  // Follows the clock instead of adding up sleeps, so that late timers do not accumulate.
  let freeAt = 0
  return {
    ...encoder,
    async encode(windows) {
      freeAt = Math.max(freeAt, performance.now()) + pacedMs(windows)
      await sleep(freeAt - performance.now())
      return encoder.encode(windows)
    },
  }
}
