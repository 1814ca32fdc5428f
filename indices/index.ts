export { type ForgetOptions, type Forgotten, forget } from './forget.ts'
export {
  type ReindexOptions,
  type ReindexReport,
  type RollBackOptions,
  reindex,
  rollBackReindex,
} from './reindex.ts'
export type { GateOptions, GateReport } from './reindex-gate.ts'
export { type SetUp, type SetUpOptions, setUp } from './set-up.ts'
