import type { Pruning } from '../../sparse/index.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import type { ModelFlags } from '../shell/model.ts'
import type { VectorTypeFlags } from '../shell/vector-type.ts'
import type { VersioningFlags } from '../shell/versioning.ts'

export interface ReindexFlags extends ModelFlags, ConnectionFlags, VectorTypeFlags, VersioningFlags {
  /** File with queries of the gate: lines of text, or of JSON with `text` and an optional `_id`. */
  readonly queries?: string | undefined
  /** File with judgments, TSV: query id, document id, grade. */
  readonly qrels?: string | undefined
  readonly minOverlap: number
  readonly maxLoss: number
  /** Model of the old index, if it is not the new one. */
  readonly oldModel?: string | undefined
  readonly index: string
  readonly to?: string | undefined
  readonly fields?: readonly string[] | undefined
  readonly sparseField?: string | undefined
  readonly pruning?: Pruning | undefined
  readonly mappingFile?: string | undefined
  readonly alias?: string | undefined
  readonly allowFailed?: number | undefined
  readonly encode: boolean
  readonly dryRun: boolean
  readonly status: boolean
  readonly rollback: boolean
  readonly json: boolean
}
