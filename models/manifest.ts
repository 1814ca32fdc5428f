import { z } from 'zod'

/** Files of a model folder. All are named in the manifest with their SHA-256 and checked on every load. */
export const MODEL_FILES = ['model.onnx', 'tokenizer.json', 'query-table.json'] as const

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 lower-case hex digits' })
const text = z.string().min(1)

const pruningSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('max_ratio'), ratio: z.number().min(0).lt(1) }),
  z.strictObject({ type: z.literal('top_k'), k: z.int().positive() }),
  z.strictObject({ type: z.literal('alpha_mass'), mass: z.number().min(0).lt(1) }),
  z.strictObject({ type: z.literal('abs_value'), threshold: z.number().positive() }),
])

/** manifest.json of a model folder: the encoder's properties, its training data, and its measured quality. */
export const manifestSchema = z.strictObject({
  schema: z.literal(1),
  name: text,
  version: text,
  /** SPDX identifier of the weights' licence. */
  licence: text,
  /** The pretrained model that it was trained from. */
  base: text,
  /** Function from the maximal logit to the weight; the graph applies it for `top_k` outputs, Lexpand for `logits`. */
  activation: z.enum(['log1p_relu', 'log1p_log1p_relu']),
  /** Largest number of word pieces that the graph reads, [CLS] and [SEP] included. */
  max_length: z.int().min(3).max(65_536),
  /** Precision of the weights, such as float32 or int8: vectors of two precisions must not meet in one index. */
  precision: text,
  input_names: z.array(z.enum(['input_ids', 'attention_mask', 'token_type_ids'])).min(1),
  /** Output names of the graph. */
  output: z.discriminatedUnion('kind', [
    /** Weights [batch, k] descending and their token ids [batch, k]; zeros pad. */
    z.strictObject({ kind: z.literal('top_k'), weights: text, token_ids: text }),
    /** Raw logits [batch, length, vocabulary]. */
    z.strictObject({ kind: z.literal('logits'), logits: text }),
  ]),
  /** Hash as computed by WordPieceTokenizer.vocabularyHash. */
  vocabulary_hash: sha256,
  /** Hash as computed by QueryTable.hash. */
  query_table_hash: sha256,
  files: z.strictObject({ 'model.onnx': sha256, 'tokenizer.json': sha256, 'query-table.json': sha256 }),
  /** Pruning of the vectors unless the index names another one. */
  pruning: pruningSchema,
  /** Summary of the training: data, teachers, settings. Keys are free. */
  training: z.record(z.string(), z.json()),
  /** Data set -> metric -> measured value. Empty when nothing was measured. */
  quality: z.record(z.string(), z.record(z.string(), z.number())),
  notes: z.string().optional(),
})

export type Manifest = z.infer<typeof manifestSchema>
