import type { SparseVector } from './vectors/sparse-vector.ts'

/** Word piece ids of one window as the model reads them: [CLS] pieces [SEP], never padded. */
export interface TokenWindow {
  readonly inputIds: Uint32Array
}

/**
 * Turns windows into vectors. Drivers: `onnx` (workers/encoders/, a child process) and `fake` (tests). All pass one
 * conformance test: one vector per window in the same order; the vector of a window does not depend on its neighbours
 * in the batch (within 1e-4); special tokens and the piece `.` are never in a vector.
 */
export interface Encoder {
  /** @throws LexpandError ENCODER when the model or its process fails; no vector of the batch is returned then */
  encode(batch: readonly TokenWindow[]): Promise<SparseVector[]>
  dispose(): Promise<void>
}
