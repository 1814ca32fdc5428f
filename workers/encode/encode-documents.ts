import { foreignValue, ownValue } from '../../mappings/own-values.ts'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { documentText } from '../../mappings/text/document-text.ts'
import { textHash } from '../../mappings/text/text-hash.ts'
import type { Encoder } from '../../sparse/encoder.ts'
import { toFeatures } from '../../sparse/features.ts'
import type { WordPieceTokenizer } from '../../sparse/word-pieces/tokenizer.ts'
import { unreadableShare } from '../../sparse/word-pieces/unreadable.ts'
import type { FailedDocument, Failure } from '../dead-letters/fail-documents.ts'
import type { StoredDocument } from '../documents/read-documents.ts'
import { type Condition, conditionOf, emptySidecar, isSettled, readySidecar } from '../documents/states.ts'
import type { DocumentVersion, WriteBackItem } from '../documents/write-back-item.ts'
import type { JobReport } from '../queue/job-report.ts'
import { expandCached } from './expand-cached.ts'
import type { VectorCache } from './vector-cache.ts'

export interface EncodingDependencies {
  readonly tokenizer: WordPieceTokenizer
  readonly encoder: Encoder
  /** Texts longer than this, in bytes of UTF-8, fail without being encoded. @default DEFAULT_MAX_TEXT_BYTES */
  readonly maxTextBytes?: number | undefined
  /** Texts whose vector the cache holds are not encoded. @default none */
  readonly vectorCache?: VectorCache | undefined
}

/** Ten times the length of a book: a longer text is a mistake and would fill the memory of the worker. */
export const DEFAULT_MAX_TEXT_BYTES = 10_000_000

/** What has to be written for the documents that a job read; settled documents are in neither list. */
export interface NewStates {
  readonly items: WriteBackItem[]
  readonly failed: FailedDocument[]
}

interface Waiting {
  readonly version: DocumentVersion
  readonly hash: string
  readonly before: Condition
  readonly text: string
}

/**
 * Encodes the texts of documents that are not settled.
 *
 * @param report counts the settled documents, those with a vector from the cache, and the word pieces
 * @throws LexpandError ENCODER when the encoder fails on everything
 */
export async function newStates(
  stored: readonly StoredDocument[],
  specification: IndexSpecification,
  dependencies: EncodingDependencies,
  report: JobReport,
): Promise<NewStates> {
  const { fields, fingerprint, windowing, pruning } = specification
  const { tokenizer, encoder, maxTextBytes = DEFAULT_MAX_TEXT_BYTES, vectorCache } = dependencies
  const items: WriteBackItem[] = []
  const failed: FailedDocument[] = []
  const waiting: Waiting[] = []
  for (const document of stored) {
    const hash = textHash(document.source, fields)
    const version = versionOf(document)
    const before = conditionOf(document.sidecar, hash, fingerprint)
    if (isSettled(document.sidecar, hash, fingerprint)) {
      report.settled++
      continue
    }
    const found = textWithin(document, specification, maxTextBytes)
    if (typeof found !== 'string') failed.push({ ...version, hash, failure: found })
    else if (found === '')
      items.push({ ...version, features: undefined, sidecar: emptySidecar(hash, fingerprint, before) })
    else waiting.push({ version, hash, before, text: found })
  }
  // The encoder has a token budget of its own; cutting the job into smaller calls here would gain nothing.
  const tokenBudget = Number.MAX_SAFE_INTEGER
  const { expanded, cached } = await expandCached(waiting, fingerprint, vectorCache, {
    tokenizer,
    windowing,
    pruning,
    encoder,
    tokenBudget,
  })
  report.cached += cached.size
  const encodedAt = new Date()
  for (const [at, { version, hash, before, text }] of waiting.entries()) {
    const result = expanded[at] ?? { error: new Error('the encoder gave no vector') }
    if ('error' in result) {
      failed.push({ ...version, hash, failure: encoderFailure(result.error) })
      continue
    }
    if (!cached.has(at)) report.tokens += result.tokens
    if (result.truncated > 0) report.truncated++
    const unreadable = unreadableShare(text, tokenizer)
    if (unreadable !== undefined) report.unreadable++
    const features = toFeatures(result.vector, tokenizer)
    const encoded = { ...result, encodedAt, unreadable }
    // A text without a single known word piece cannot be found by word pieces, so it counts as no text.
    items.push(
      features.size === 0
        ? { ...version, features: undefined, sidecar: emptySidecar(hash, fingerprint, before) }
        : { ...version, features, sidecar: readySidecar(hash, fingerprint, encoded, before) },
    )
  }
  return { items, failed }
}

function textWithin(
  { source }: StoredDocument,
  { fields, sparse_field }: IndexSpecification,
  maxTextBytes: number,
): string | Failure {
  const foreign = foreignValue(source, sparse_field)
  // The state `failed` is not written either, so the letter alone tells.
  if (foreign !== undefined) return { reasonClass: 'mapper', reason: `[worker] ${ownValue(foreign)}` }
  const found = documentText(source, fields)
  if ('error' in found) return { reasonClass: 'text', reason: found.error }
  const bytes = Buffer.byteLength(found.text)
  if (bytes <= maxTextBytes) return found.text
  return {
    reasonClass: 'limit',
    reason: `[worker] expected at most ${maxTextBytes} bytes of text, got ${bytes}. Split the document, or raise the limit of the worker and replay.`,
  }
}

function encoderFailure(error: Error): Failure {
  return { reasonClass: 'encoder', reason: error.message, stack: error.stack }
}

function versionOf({ id, routing, seqNo, primaryTerm }: StoredDocument): DocumentVersion {
  return { id, routing, seqNo, primaryTerm }
}
