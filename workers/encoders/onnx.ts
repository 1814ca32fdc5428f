import { availableParallelism, totalmem } from 'node:os'
import type { Activation } from '../../sparse/vectors/activation.ts'
import type { OnnxOutput, OnnxSessionSettings } from './onnx-messages.ts'
import { type OnnxEncoder, OnnxPool } from './onnx-pool.ts'

export type { OnnxEncoder }

/** The part of a loaded model that the encoder needs; `Model` of models/load.ts fits. */
export interface OnnxModel {
  readonly modelFile: string
  readonly manifest: {
    readonly input_names: readonly string[]
    readonly output: OnnxOutput
    readonly activation: Activation
  }
  readonly tokenizer: {
    readonly specialTokenIds: ReadonlySet<number>
    readonly padId: number
    idOf(piece: string): number | undefined
  }
}

export interface OnnxEncoderOptions {
  /** Number of child processes. @default one for each core, as far as each has {@link MEMORY_OF_A_PROCESS} */
  readonly processes?: number | undefined
  /** Threads of each process. @default cores / processes */
  readonly threads?: number | undefined
  /** Largest number of word pieces, padding included, in one run of the graph; a longer window runs alone. @default 512 */
  readonly tokenBudget?: number | undefined
}

/**
 * The buffer of the graph that decides time and memory is [word pieces, vocabulary] of float32: 62 MB at 512 pieces
 * and a vocabulary of 30,522. Measured with the bundled model on 2 cores (AMD EPYC, onnxruntime 1.30), documents per
 * second, median of 3 or 4 interleaved passes, and peak memory of a process:
 *
 * | processes x threads, budget | 32 pieces | 128  | 256  | MB    |
 * | --------------------------- | --------- | ---- | ---- | ----- |
 * | 2 x 1, 256                  | 113       | 25.6 | 12.7 | 350   |
 * | 2 x 1, 512                  | 126       | 30.0 | 14.1 | 470   |
 * | 2 x 1, 1024                 | 125       | 28.5 | 13.9 | 815   |
 * | 1 x 2, 512                  | 103       | 27.7 | 11.4 | 470   |
 * | 1 x 2, 1024                 | 107       | 28.5 | 12.4 | 835   |
 * | 1 x 2, 2048                 | -         | 27.3 | -    | 1,350 |
 * | Python, 2 threads, the best | 103       | 24.0 | 11.7 | -     |
 *
 * So larger batches gain nothing, and processes do not wait for each other at every operator, as threads do.
 * The graph with integer products (training/lexpand_training/fast_graph.py) never holds that buffer. Documents a second of
 * processor time on one core, and peak memory of a Python process: budget 256: 188, 44.6 and 8.1 at 32, 128 and 512 pieces,
 * 144 MB; 512: 184, 38.7, 8.2, 146 MB; 1024: 190, 43.8, 8.6, 174 MB; 2048: 174, 40.7, 8.1, 232 MB.
 */
export const DEFAULT_TOKEN_BUDGET = 512

/** Bytes of memory that a process may need with the default budget, with some room. */
const MEMORY_OF_A_PROCESS = 1e9

/**
 * The encoder that runs the model with onnxruntime in child processes, so that the event loop that renews job locks
 * stays free. Processes start with the first batches that need them. A call's windows are sorted by length, cut into
 * batches by the token budget and spread over the processes; a process that dies rejects only the batch that it was
 * encoding.
 */
export function onnxEncoder(model: OnnxModel, options: OnnxEncoderOptions = {}): OnnxEncoder {
  const cores = availableParallelism()
  const processes =
    options.processes ?? Math.min(Math.ceil(cores / (options.threads ?? 1)), processesInMemory())
  const threads = options.threads ?? Math.max(1, Math.floor(cores / processes))
  return new OnnxPool(settingsOf(model, threads), processes, options.tokenBudget ?? DEFAULT_TOKEN_BUDGET)
}

function processesInMemory(): number {
  // 0, or a number beyond the machine's memory, where no container sets a limit.
  const limit = process.constrainedMemory()
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return Math.max(1, Math.floor(memory / MEMORY_OF_A_PROCESS))
}

function settingsOf(model: OnnxModel, threads: number): OnnxSessionSettings {
  const dot = model.tokenizer.idOf('.')
  return {
    modelFile: model.modelFile,
    inputNames: model.manifest.input_names,
    output: model.manifest.output,
    activation: model.manifest.activation,
    padId: model.tokenizer.padId,
    hiddenIds: [...model.tokenizer.specialTokenIds, ...(dot === undefined ? [] : [dot])],
    threads,
  }
}
