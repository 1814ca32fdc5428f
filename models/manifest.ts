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

/** manifest.json of a model folder: what the encoder is, what it was made of, how good it was measured to be. */
export const manifestSchema = z.strictObject({
  schema: z.literal(1),
  name: text,
  version: text,
  /** SPDX identifier of the weights' licence. */
  licence: text,
  /** The pretrained model that it was trained from. */
  base: text,
  /** How a maximal logit becomes a weight; done in the graph for `top_k` outputs, by us for `logits`. */
  activation: z.enum(['log1p_relu', 'log1p_log1p_relu']),
  /** Word pieces that the graph reads at most, [CLS] and [SEP] included. */
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
  /** As WordPieceTokenizer.vocabularyHash computes it. */
  vocabulary_hash: sha256,
  /** As QueryTable.hash computes it. */
  query_table_hash: sha256,
  files: z.strictObject({ 'model.onnx': sha256, 'tokenizer.json': sha256, 'query-table.json': sha256 }),
  /** What to do with the vectors unless the index says otherwise. */
  pruning: pruningSchema,
  /** Training in short: data, teachers, settings. Free keys. */
  training: z.record(z.string(), z.json()),
  /** Data set -> metric -> value, as measured. Empty when nothing was measured. */
  quality: z.record(z.string(), z.record(z.string(), z.number())),
  notes: z.string().optional(),
})

export type Manifest = z.infer<typeof manifestSchema>
