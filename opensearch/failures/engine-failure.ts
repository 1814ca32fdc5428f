/** The `error` object of an engine reply: of a whole response, a bulk item or an `_msearch` item. */
export interface EngineFailure {
  readonly type?: string | undefined
  readonly reason?: string | undefined
  readonly root_cause?: readonly EngineFailure[] | undefined
  readonly caused_by?: EngineFailure | undefined
}

/** A limit that the owner of an index or cluster has set, and that a request went beyond. It does not pass by itself. */
export interface Limit {
  readonly setting: string
  readonly level: 'index' | 'cluster'
}

/** The limit that the engine names in its refusal. */
export function limitOf(failure: EngineFailure): Limit | undefined {
  const found = /\[((?:index|search|point_in_time)\.[\w.]+)\] (index|cluster) level setting/.exec(
    failure.reason ?? '',
  )
  if (found?.[1] !== undefined)
    return { setting: found[1], level: found[2] === 'index' ? 'index' : 'cluster' }
  const fields = /Limit of (total fields|mapping depth) /.exec(failure.reason ?? '')?.[1]
  if (fields !== undefined) {
    const name = fields === 'total fields' ? 'total_fields' : 'depth'
    return { setting: `index.mapping.${name}.limit`, level: 'index' }
  }
  for (const cause of [...(failure.root_cause ?? []), ...(failure.caused_by ? [failure.caused_by] : [])]) {
    const limit = limitOf(cause)
    if (limit !== undefined) return limit
  }
  return undefined
}
