import type { Machine } from '../measure/machine.ts'
import type { Curves } from './advise.ts'
import type { NeededAdvice } from './change.ts'
import type { SearchPoint } from './search-choice.ts'

/** Plan of a run. */
export interface AdvisePlan {
  readonly dry_run: true
  readonly index: string
  /** Number of documents with a vector. */
  readonly documents: number
  readonly sample: number
  readonly prunings: readonly string[]
  readonly queries: number
  readonly queries_from: 'file' | 'documents'
  readonly throw_away_indices: number
  /** Bytes on disk during the run, at most, estimated from 100 documents. */
  readonly throw_away_bytes: number
  /** Of the throw-away indices. */
  readonly searches: number
  /** Of the index itself, ten hits each. */
  readonly searches_of_index: number
  /** Indices of runs that were killed; the next run deletes those that belong to no running process. */
  readonly left_overs: readonly { readonly index: string; readonly in_use: boolean }[]
}

export interface AdviseRun extends Curves {
  readonly index: string
  readonly model: string
  readonly documents: number
  readonly sample: number
  readonly queries: number
  readonly queries_from: 'file' | 'documents'
  /** Number of judged documents that are in the index, and of those that are not; only with judgments. */
  readonly judged?: { readonly found: number; readonly missing: number } | undefined
  /** Balances and feedback, measured on the index itself; the default of a search first. */
  readonly search: readonly SearchPoint[]
  readonly search_queries: { readonly queries: number; readonly queries_from: 'judgments' | 'documents' }
  readonly advice: readonly NeededAdvice[]
  readonly warnings: readonly string[]
  readonly machine: Machine
}
