/** The `error` object of an engine reply: of a whole response, a bulk item or an `_msearch` item. */
export interface EngineFailure {
  readonly type?: string | undefined
  readonly reason?: string | undefined
  readonly root_cause?: readonly EngineFailure[] | undefined
  readonly caused_by?: EngineFailure | undefined
}
