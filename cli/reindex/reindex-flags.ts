import type { GateFlags } from '../../indices/reindex-gate.ts'
import type { Pruning } from '../../sparse/index.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import type { ModelFlags } from '../shell/model.ts'
import type { VectorTypeFlags } from '../shell/vector-type.ts'

export interface ReindexFlags extends ModelFlags, ConnectionFlags, GateFlags, VectorTypeFlags {
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
