import { z } from 'zod'
import type { IndexSpecification } from '../../../mappings/specification.ts'
import type { AliasOfIndex } from '../../../opensearch/alias.ts'
import { LexpandError } from '../../../sparse/errors.ts'

/*
 * What a reindex run remembers, in the index `lexpand-reindex` of the same cluster, one document a run. Redis holds
 * nothing that is needed to go on.
 *
 * | phase        | means                                                          | next                          |
 * | ------------ | -------------------------------------------------------------- | ----------------------------- |
 * | copying      | documents are brought over (or queued, in place) and followed  | swapping; in place: done      |
 * | swapping     | the old index may be blocked for writing, the alias may have   | done; copying when the rest   |
 * |              | been moved: the alias itself says which                        | was not ready in time         |
 * | done         | the alias leads to the new index; the old one stays blocked    | rolling_back                  |
 * | rolling_back | later writes are carried back                                  | rolled_back                   |
 * | rolled_back  | the alias leads to the old index; the new one stays blocked    | -                             |
 */
const PHASES = ['copying', 'swapping', 'done', 'rolling_back', 'rolled_back'] as const
export type Phase = (typeof PHASES)[number]

/** Shard number -> last sequence number that was handled. */
export type Checkpoints = Readonly<Record<string, number>>

export interface ReindexState {
  readonly version: 1
  /** in_place: one index gets its vectors. beside: a new index is built, and an alias is moved to it. */
  readonly kind: 'in_place' | 'beside'
  readonly phase: Phase
  readonly source: string
  /** `index.uuid` of the source: its sequence numbers are void once the index is made again. */
  readonly source_uuid: string
  /** The same as `source` in place. */
  readonly target: string
  readonly target_uuid: string
  readonly specification: IndexSpecification
  /** The moved aliases as they were before. */
  readonly aliases: readonly AliasOfIndex[]
  /** Positions in the source while copying, in the target while rolling back. */
  readonly checkpoints: Checkpoints
  /** Positions of both indices when the source was blocked: a roll-back wrote what is above them. */
  readonly swapped_at?: { readonly source: Checkpoints; readonly target: Checkpoints } | undefined
  /** Number of documents written to the other index so far, counted again for each change. In place: number queued. */
  readonly copied: number
  readonly removed: number
  /** Milliseconds for which clients could not write around the last swap. */
  readonly write_blocked_ms?: number | undefined
  /** ISO 8601. */
  readonly started_at: string
  readonly finished_at?: string | undefined
  /** Live figures for `--status`. */
  readonly progress?: ReindexProgress | undefined
  /** The process that works on the run; absent when none does. */
  readonly owner?: Owner | undefined
}

export interface Owner {
  readonly token: string
  /** Host and process, for messages. */
  readonly name: string
}

export interface ReindexProgress {
  /** Number of documents of the old index. */
  readonly documents: number
  /** Number of documents of the new index that are settled: ready, empty or failed. */
  readonly settled: number
  readonly pending: number
  /** Settled documents a second, over the last minute. */
  readonly docsPerSecond: number
  /** Undefined while there is no rate. */
  readonly secondsLeft?: number | undefined
}

const checkpoints = z.record(z.string(), z.number())
const schema = z.looseObject({
  version: z.literal(1),
  kind: z.enum(['in_place', 'beside']),
  phase: z.enum(PHASES),
  source: z.string(),
  source_uuid: z.string(),
  target: z.string(),
  target_uuid: z.string(),
  aliases: z.array(z.looseObject({ alias: z.string() })),
  checkpoints,
  swapped_at: z.object({ source: checkpoints, target: checkpoints }).optional(),
})

/** @throws LexpandError INDEX for a state of another version */
export function parseState(value: unknown): ReindexState {
  const parsed = schema.safeParse(value)
  if (parsed.success) return value as ReindexState
  throw new LexpandError(
    'INDEX',
    `[reindex] expected a run of version 1 in index ${STATE_INDEX}, got ${z.prettifyError(parsed.error)}. Finish it with the version that began it, or delete its document.`,
  )
}

export const STATE_INDEX = 'lexpand-reindex'

/** Name of the run's document. */
export function runId({ kind, target }: Pick<ReindexState, 'kind' | 'target'>): string {
  return `${kind}:${target}`
}
