import { z } from 'zod'
import { assertIndexName } from '../../opensearch/index-name.ts'
import { LexpandError } from '../../sparse/errors.ts'

/** Largest number of bytes of an id in OpenSearch, and of a Lucene term such as a routing value or a hash that a client sent. */
const MAX_ID = 512
const MAX_TERM = 32_766
const name = z.string().min(1).max(MAX_ID)
const term = z.string().max(MAX_TERM)

const documentSchema = z.object({
  id: name,
  routing: term.optional(),
  seq_no: z.int().min(0),
  primary_term: z.int().min(0),
  text_hash: term.optional(),
})

const jobSchema = z.object({
  version: z.literal(1),
  // Redis has other users: a pattern, a list or a path must not reach the engine as an index name.
  index: z.string().refine(isIndexName, 'is not the name of one index'),
  fingerprint: name,
  documents: z.array(documentSchema).min(1).max(10_000),
})

/** A document as it was when its job was made; the worker reads the newest version anyway. */
export type JobDocument = z.infer<typeof documentSchema>

/** A version of a document that is to be encoded. */
export interface VersionToEncode {
  readonly id: string
  readonly routing?: string | undefined
  readonly seqNo: number
  readonly primaryTerm: number
  /** Hash of the text of this version, if known. */
  readonly textHash?: string | undefined
}

/** The form in which a job names a version. */
export function jobDocument({ id, routing, seqNo, primaryTerm, textHash }: VersionToEncode): JobDocument {
  return { id, routing, seq_no: seqNo, primary_term: primaryTerm, text_hash: textHash }
}

/** The payload of a job: ids, numbers and hashes, never texts, since Redis keeps it unencrypted and in memory. */
export type JobData = z.infer<typeof jobSchema>

/** @throws LexpandError INPUT for a payload of another version or shape */
export function parseJobData(data: unknown): JobData {
  const parsed = jobSchema.safeParse(data)
  if (parsed.success) return parsed.data
  const version = (data as { version?: unknown } | null)?.version
  const problems = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('; ')
  throw new LexpandError(
    'INPUT',
    version === 1
      ? `[job] expected a payload of version 1, got one that does not fit (${problems}). Remove the job; lexpand sweep queues its documents again.`
      : `[job] expected payload version 1, got ${JSON.stringify(version)}. Update this worker to the version that queued the job.`,
  )
}

function isIndexName(text: string): boolean {
  try {
    assertIndexName(text, 'job')
    return true
  } catch {
    return false
  }
}
