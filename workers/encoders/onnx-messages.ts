import type { Activation } from '../../sparse/vectors/activation.ts'

/** What one child process needs to open the model; plain data, sent once as the first message. */
export interface OnnxSessionSettings {
  readonly modelFile: string
  readonly inputNames: readonly string[]
  readonly output: OnnxOutput
  readonly activation: Activation
  readonly padId: number
  /** Ids that never come out: special tokens and the piece `.`. */
  readonly hiddenIds: readonly number[]
  /** Threads inside one operator; processes x threads should equal the cores. */
  readonly threads: number
}

/** Where the weights are in the graph: selected inside it, or raw logits to be pooled here. */
export type OnnxOutput =
  | { readonly kind: 'top_k'; readonly weights: string; readonly token_ids: string }
  | { readonly kind: 'logits'; readonly logits: string }

export type ToChild =
  | { readonly type: 'load'; readonly settings: OnnxSessionSettings }
  /** Windows laid end to end: `inputIds` has shape [sum(lengths)]. */
  | { readonly type: 'encode'; readonly inputIds: Uint32Array; readonly lengths: Uint32Array }

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'load_failed'; readonly message: string }
  /** `ms`: how long the graph ran. */
  | ({ readonly type: 'encoded'; readonly ms: number } & EncodedBatch)
  | { readonly type: 'encode_failed'; readonly message: string }

/** Vectors laid end to end: `tokenIds` and `weights` have shape [sum(counts)]. */
export interface EncodedBatch {
  readonly counts: Uint32Array
  readonly tokenIds: Uint32Array
  readonly weights: Float32Array
  /** Windows whose last of K weights was still above zero: the graph's K cut something off. */
  readonly saturated: number
}
