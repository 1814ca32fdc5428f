/** What a refusal (403) says about itself. */
export interface MissingPrivilege {
  /** Names of actions, as roles of the security plugin list them. */
  readonly privileges: string
  readonly user?: string | undefined
}

/** The words of the security plugin and of managed services that have it. */
const NO_PERMISSIONS =
  /no permissions for \[((?:[\w:/*]+(?:\[\w+\])?(?:, )?)+)\](?:.*?User \[name=([^,\]]+))?/

/** @param reason in the engine's words @returns undefined where it names none */
export function missingPrivilege(reason: string): MissingPrivilege | undefined {
  const [, privileges, user] = NO_PERMISSIONS.exec(reason) ?? []
  return privileges === undefined ? undefined : { privileges, user }
}

/** Requests without a body in the answer, by the path after the index. */
const HEAD_PRIVILEGES: readonly (readonly [RegExp, string])[] = [
  [/^\/$/, 'cluster:monitor/main'],
  [/\/_alias(\/|$)/, 'indices:admin/aliases/get'],
  [/\/_(doc|source)\//, 'indices:data/read/get'],
  [/^\/_index_template\//, 'indices:admin/index_template/get'],
  [/^\/[^/_][^/]*$/, 'indices:admin/get'],
]

/** The privilege that a `HEAD` request needs, whose refusal says nothing at all. */
export function privilegeOfHead(path: string): string | undefined {
  const [route = ''] = path.split('?')
  return HEAD_PRIVILEGES.find(([pattern]) => pattern.test(route))?.[1]
}
