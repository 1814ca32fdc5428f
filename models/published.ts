import type { Manifest } from './manifest.ts'

/**
 * Manifest data of models that were published without a manifest: the doc-only encoders of opensearch-project.
 * Activations and parameter counts come from their model cards.
 */
export interface PublishedModel {
  readonly base: string
  readonly activation: Manifest['activation']
  /** Inputs of the graph that `optimum-cli export onnx --task fill-mask` makes: DistilBERT has no segments. */
  readonly inputNames: Manifest['input_names']
}

const DISTILBERT: Manifest['input_names'] = ['input_ids', 'attention_mask']
const BERT: Manifest['input_names'] = ['input_ids', 'attention_mask', 'token_type_ids']

const PREFIX = 'opensearch-project/opensearch-neural-sparse-encoding-'

/** All have 30,522 word pieces, read 512 of them, were published under Apache-2.0, and keep their table in idf.json. */
export const PUBLISHED_MODELS: ReadonlyMap<string, PublishedModel> = new Map([
  [`${PREFIX}doc-v1`, { base: 'BERT, 133M parameters', activation: 'log1p_relu', inputNames: BERT }],
  [
    `${PREFIX}doc-v2-distill`,
    { base: 'DistilBERT, 67M parameters', activation: 'log1p_relu', inputNames: DISTILBERT },
  ],
  [`${PREFIX}doc-v2-mini`, { base: 'BERT, 23M parameters', activation: 'log1p_relu', inputNames: BERT }],
  [
    `${PREFIX}doc-v3-distill`,
    { base: 'DistilBERT, 67M parameters', activation: 'log1p_log1p_relu', inputNames: DISTILBERT },
  ],
])

export const PUBLISHED_MAX_LENGTH = 512
/** Name of the query table in those repositories. */
export const PUBLISHED_TABLE = 'idf.json'
