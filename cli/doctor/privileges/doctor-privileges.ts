import type { Client } from '@opensearch-project/opensearch'
import { type Check, check } from '../doctor-check.ts'
import { askRole, type Place } from './ask-privileges.ts'
import { ROLES, type RoleName } from './roles.ts'

/** A name that no index has: privileges of roles on patterns cannot be known for it. */
const NO_INDEX = 'lexpand-privilege-probe'

/**
 * One line for each role: whether the user has its privileges, or which are missing.
 *
 * @param names roles that must pass; when there are none, all are checked and only warn
 * @param index index with documents
 */
export async function privilegeChecks(
  client: Client,
  names: readonly RoleName[],
  index: string | undefined,
): Promise<Check[]> {
  const roles = ROLES.filter(({ name }) => names.length === 0 || names.includes(name))
  const checks: Check[] = []
  for (const role of roles) {
    checks.push(
      await check(`role ${role.name}`, async () => {
        const { missing, unknown, granted } = await askRole(client, role, index ?? NO_INDEX)
        const known = `${granted} of ${granted + missing.length + unknown.length} privileges granted`
        const unasked = unknown.length === 0 ? '' : `; not asked: ${unknown.map(placeText).join(', ')}`
        if (missing.length === 0) return `${known}${unasked}`
        return {
          status: names.length === 0 ? 'warn' : 'fail',
          message: `${known}, missing: ${missing.map(placeText).join(', ')}${unasked}. Grant them to ${role.purpose}: deploy/roles/${role.name}.json.`,
        }
      }),
    )
  }
  return checks
}

function placeText({ privilege, index }: Place): string {
  return `${privilege} ${index === undefined ? 'on the cluster' : `on ${index}`}`
}
