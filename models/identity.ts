import { createHash } from 'node:crypto'
import type { Manifest } from './manifest.ts'

/**
 * What makes two encoders give the same vectors, as one SHA-256 (hex): graph, tokenizer, precision, activation and
 * input length. The query table is not in it: another table changes queries, not documents, and is checked there.
 */
export function modelIdentity(manifest: Manifest): string {
  const parts = [
    manifest.files['model.onnx'],
    manifest.files['tokenizer.json'],
    manifest.precision,
    manifest.activation,
    manifest.max_length,
  ]
  // An array, not an object: its JSON has one form only.
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
