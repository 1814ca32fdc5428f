import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { textHash } from '../../mappings/text/text-hash.ts'
import { keyOf, type StoredDocument } from '../documents/read-documents.ts'
import { isSettled } from '../documents/states.ts'
import type { JobDocument } from '../queue/job-data.ts'
import { standing } from './dead-letter.ts'
import { findLetters, type StoredLetter } from './dead-letter-store.ts'
import type { FailedDocument } from './fail-documents.ts'

/** Documents of a job, grouped by their dead letters. */
export interface KnownFailures {
  /** Documents to encode, unless they are settled. */
  readonly fresh: readonly StoredDocument[]
  /** Documents that failed before at exactly this version but are not marked as failed: a worker died in between. */
  readonly unmarked: readonly FailedDocument[]
  /** Documents that failed before at exactly this version and that the engine refuses to mark. */
  readonly stuck: readonly StoredDocument[]
}

/**
 * Keeps documents that failed exactly as they are now from the encoder. A document whose job was given up is tried
 * again: the encoder was at fault, not the document.
 *
 * @param letters letters by `keyOf` the document
 */
export function knownFailures(
  stored: readonly StoredDocument[],
  letters: ReadonlyMap<string, StoredLetter>,
  { fields, fingerprint }: IndexSpecification,
): KnownFailures {
  if (letters.size === 0) return { fresh: stored, unmarked: [], stuck: [] }
  const fresh: StoredDocument[] = []
  const unmarked: FailedDocument[] = []
  const stuck: StoredDocument[] = []
  for (const document of stored) {
    const letter = letters.get(keyOf(document))?.letter
    if (letter !== undefined && isFailed(document) && standing(letter, document) !== 'failed') {
      // An overtaken worker wrote its letter over the one of this failure; the text fails again and gets its own letter back.
      fresh.push({ ...document, sidecar: undefined })
    } else if (
      letter === undefined ||
      letter.reason_class === 'job' ||
      letter.seq_no !== document.seqNo ||
      letter.fingerprint !== fingerprint ||
      letter.text_hash !== textHash(document.source, fields)
    ) {
      fresh.push(document)
    } else if (letter.state_refused) {
      stuck.push(document)
    } else {
      const { id, routing, seqNo, primaryTerm } = document
      const { reason_class: reasonClass, reason, stack, text_hash: hash } = letter
      unmarked.push({ id, routing, seqNo, primaryTerm, hash, failure: { reasonClass, reason, stack } })
    }
  }
  return { fresh, unmarked, stuck }
}

/**
 * Finds letters that no longer apply, because this job or another one encoded their documents or they are gone.
 *
 * @param done keys of documents that this job wrote or found deleted
 */
export function obsoleteLetters(
  letters: ReadonlyMap<string, StoredLetter>,
  stored: readonly StoredDocument[],
  done: ReadonlySet<string>,
  { fields, fingerprint }: IndexSpecification,
): StoredLetter[] {
  if (letters.size === 0) return []
  const byKey = new Map(stored.map((document) => [keyOf(document), document]))
  return [...letters].flatMap(([key, letter]) => {
    const document = byKey.get(key)
    const isLoaded =
      document !== undefined &&
      !isFailed(document) &&
      isSettled(document.sidecar, textHash(document.source, fields), fingerprint)
    return document === undefined || isLoaded || done.has(key) ? [letter] : []
  })
}

/**
 * Leaves out documents that stay pending because the engine refuses every write of them: a sweep would queue them every
 * time. A replay after the cause is gone, or a new text, brings them back.
 *
 * @throws LexpandError SERVICE when the engine cannot say
 */
export async function withoutStuck<T extends JobDocument>(
  client: Client,
  index: string,
  fingerprint: string,
  documents: readonly T[],
): Promise<T[]> {
  const letters = await findLetters(client, index, documents)
  return documents.filter((document) => {
    const letter = letters.get(keyOf(document))?.letter
    return !(
      letter?.state_refused &&
      letter.seq_no === document.seq_no &&
      letter.fingerprint === fingerprint &&
      (document.text_hash === undefined || letter.text_hash === document.text_hash)
    )
  })
}

function isFailed({ sidecar }: StoredDocument): boolean {
  return sidecar?.state === 'failed'
}
