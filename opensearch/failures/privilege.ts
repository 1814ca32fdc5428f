/** The privilege that a refusal (403) names. */
export interface MissingPrivilege {
  /** Names of actions, as in roles of the security plugin. */
  readonly privileges: string
  readonly user?: string | undefined
}

/** Message of the security plugin, also in managed services that have it. */
const NO_PERMISSIONS =
  /no permissions for \[((?:[\w:/*]+(?:\[\w+\])?(?:, )?)+)\](?:.*?User \[name=([^,\]]+))?/

/** @param reason message of the engine @returns undefined where it names none */
export function missingPrivilege(reason: string): MissingPrivilege | undefined {
  const [, privileges, user] = NO_PERMISSIONS.exec(reason) ?? []
  return privileges === undefined ? undefined : { privileges, user }
}

/** Requests whose refusal has no body, by the path after the index. */
const HEAD_PRIVILEGES: readonly (readonly [RegExp, string])[] = [
  [/^\/$/, 'cluster:monitor/main'],
  [/\/_alias(\/|$)/, 'indices:admin/aliases/get'],
  [/\/_(doc|source)\//, 'indices:data/read/get'],
  [/^\/_index_template\//, 'indices:admin/index_template/get'],
  [/^\/[^/_][^/]*$/, 'indices:admin/get'],
]

/** The privilege that a `HEAD` request needs; its refusal does not name it. */
export function privilegeOfHead(path: string): string | undefined {
  const [route = ''] = path.split('?')
  return HEAD_PRIVILEGES.find(([pattern]) => pattern.test(route))?.[1]
}
