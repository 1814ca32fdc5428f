import { createHash } from 'node:crypto'
import type { Manifest } from './manifest.ts'

/**
 * Identity of an encoder as one SHA-256 (hex) of graph, tokenizer, precision, activation and input length: equal
 * identities give equal vectors. The query table is not part of it: another table changes queries, not documents, and
 * is checked there.
 */
export function modelIdentity(manifest: Manifest): string {
  const parts = [
    manifest.files['model.onnx'],
    manifest.files['tokenizer.json'],
    manifest.precision,
    manifest.activation,
    manifest.max_length,
  ]
  // An array instead of an object, because its JSON has only one form.
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
