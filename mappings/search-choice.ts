import type { API, Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import { acknowledged } from '../opensearch/failures/acknowledged.ts'
import { translateEngineError } from '../opensearch/failures/engine-error.ts'
import { LexpandError } from '../sparse/errors.ts'

/** Key of `_meta` beside the specification: a choice changes no vector, so it is not part of the fingerprint. */
export const SEARCH_CHOICE = 'lexpand_search'

/** Bounds and names of the settings of feedback; requests and stored choices share them. */
export const feedbackSchema = z.strictObject({
  documents: z.int().min(1).max(10).optional(),
  pieces: z.int().min(1).max(100).optional(),
  weight: z.number().positive().max(2).optional(),
  from: z.enum(['sparse', 'hybrid']).optional(),
})

const choiceSchema = z.object({
  version: z.literal(1),
  fingerprint: z.string(),
  balance: z.number().min(0).max(1_000).optional(),
  feedback: feedbackSchema.optional(),
  measured: z.record(z.string(), z.unknown()).optional(),
})

/** Settings with which the first hits of a search add word pieces to its query; see `SearchRequest.feedback`. */
export interface Feedback {
  /** Number of first hits whose vectors are read, 1 to 10. @default 5 */
  readonly documents?: number | undefined
  /** Number of added word pieces, 1 to 100. @default 20 */
  readonly pieces?: number | undefined
  /** Sum of the added weights divided by the sum of the query's own, above 0, at most 2. @default .2 */
  readonly weight?: number | undefined
  /** Mode that finds the first hits. @default the mode of the search */
  readonly from?: 'sparse' | 'hybrid' | undefined
}

/** Results that `lexpand advise --store` measured for an index; a search on `auto` uses them. */
export interface SearchChoice {
  readonly version: 1
  /** Fingerprint of the measured vectors; the choice does not apply to others. */
  readonly fingerprint: string
  /** Weight of BM25 that replaces the one by the rules for queries. */
  readonly balance?: number | undefined
  /** Absent when the measurement showed no gain. */
  readonly feedback?: Feedback | undefined
  /** Figures of the measurement, for people. */
  readonly measured?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Reads the choice of an index.
 *
 * @param stored value of {@link SEARCH_CHOICE} in `mappings._meta`
 * @returns undefined when nothing was measured
 * @throws LexpandError INDEX when it is damaged or of a newer version
 */
export function parseSearchChoice(stored: unknown, index: string): SearchChoice | undefined {
  if (stored === undefined) return undefined
  const parsed = choiceSchema.safeParse(stored)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new LexpandError(
    'INDEX',
    `[mappings] expected a search choice of version 1 in _meta.${SEARCH_CHOICE} of index ${index}, got one that does not fit (${problems}). Run lexpand advise --store again, or remove the key.`,
  )
}

/**
 * Stores a choice with an index, in place of an earlier one. Needs `indices:admin/mappings/get` and
 * `indices:admin/mapping/put`.
 *
 * @param index its own name, not an alias
 * @throws LexpandError INDEX or SERVICE when the engine refuses
 */
export async function storeSearchChoice(client: Client, index: string, choice: SearchChoice): Promise<void> {
  try {
    const { body } = await client.indices.getMapping({ index })
    // The engine replaces `_meta` as a whole.
    const _meta = { ...body[index]?.mappings?._meta, [SEARCH_CHOICE]: choice }
    const stored = client.indices.putMapping({ index, body: { _meta } as API.Indices_PutMapping_RequestBody })
    await acknowledged(stored, { part: 'mappings', index })
  } catch (error) {
    throw translateEngineError(error, { part: 'mappings', index })
  }
}
