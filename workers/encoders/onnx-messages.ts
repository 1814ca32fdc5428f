import type { Activation } from '../../sparse/vectors/activation.ts'

/** Settings that a child process needs to open the model; plain data, sent once as the first message. */
export interface OnnxSessionSettings {
  readonly modelFile: string
  readonly inputNames: readonly string[]
  readonly output: OnnxOutput
  readonly activation: Activation
  readonly padId: number
  /** Ids that are never returned: special tokens and the piece `.`. */
  readonly hiddenIds: readonly number[]
  /** Threads inside one operator; processes x threads should equal the number of cores. */
  readonly threads: number
}

/** Form of the graph's output: weights selected inside the graph, or raw logits to be pooled here. */
export type OnnxOutput =
  | { readonly kind: 'top_k'; readonly weights: string; readonly token_ids: string }
  | { readonly kind: 'logits'; readonly logits: string }

export type ToChild =
  | { readonly type: 'load'; readonly settings: OnnxSessionSettings }
  /** Concatenated windows: `inputIds` has shape [sum(lengths)]. */
  | { readonly type: 'encode'; readonly inputIds: Uint32Array; readonly lengths: Uint32Array }

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'load_failed'; readonly message: string }
  /** `ms`: milliseconds that the graph ran. */
  | ({ readonly type: 'encoded'; readonly ms: number } & EncodedBatch)
  | { readonly type: 'encode_failed'; readonly message: string }

/** Concatenated vectors: `tokenIds` and `weights` have shape [sum(counts)]. */
export interface EncodedBatch {
  readonly counts: Uint32Array
  readonly tokenIds: Uint32Array
  readonly weights: Float32Array
  /** Number of windows whose last of K weights was still above zero: the graph's K cut their vectors. */
  readonly saturated: number
}
