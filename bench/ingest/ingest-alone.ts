import { documentText, resolveEncoding } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { windowsOf } from '../../sparse/index.ts'
import type { SourceDocument } from '../../workers/index.ts'
import { type BenchEncoderOptions, benchEncoder, pacedMs } from './ingest-encoder.ts'

/** Speed of the encoder alone: all windows are cut beforehand and encoded in one call. No pipeline can be faster. */
export interface EncoderAlone {
  readonly seconds: number
  readonly docs_per_second: number
  /** Word pieces of the windows a second, [CLS] and [SEP] included. */
  readonly word_pieces_per_second: number
}

export async function encoderAlone(
  model: Model,
  fields: readonly string[],
  documents: readonly SourceDocument[],
  options: BenchEncoderOptions,
): Promise<EncoderAlone> {
  const { windowing } = resolveEncoding(model, { fields })
  const windows = documents.flatMap(({ source }) => {
    const found = documentText(source, fields)
    return 'text' in found ? windowsOf(found.text, model.tokenizer, windowing).windows : []
  })
  const pieces = windows.reduce((sum, { inputIds }) => sum + inputIds.length, 0)
  const result = (seconds: number) => ({
    seconds,
    docs_per_second: documents.length / seconds,
    word_pieces_per_second: pieces / seconds,
  })
  // The paced encoder would only sleep.
  if (options.encoder === 'paced') return result(pacedMs(windows) / 1_000 / options.encoderProcesses)
  const encoder = await benchEncoder(model, options)
  try {
    const startedAt = performance.now()
    await encoder.encode(windows)
    return result((performance.now() - startedAt) / 1_000)
  } finally {
    await encoder.dispose()
  }
}
