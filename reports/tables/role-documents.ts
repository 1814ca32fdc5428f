import { ROLES, type Role, roleFile, SCOPE_INDEX, type Scope } from '../../cli/doctor/privileges/roles.ts'

/** Pattern for the indices with documents in the role files. */
export const EXAMPLE_PATTERN = 'articles*'

/** Role files of the security plugin's REST API as text, by their name in `deploy/roles`. */
export function roleFiles(): Map<string, string> {
  return new Map(
    ROLES.map((role) => [
      `${role.name}.json`,
      `${JSON.stringify(roleFile(role, [EXAMPLE_PATTERN]), undefined, 2)}\n`,
    ]),
  )
}

/** A table of all privileges by role, as Markdown. */
export function roleTables(): string {
  return ROLES.map(table).join('\n\n')
}

function table({ name, purpose, privileges }: Role): string {
  const rows = (Object.entries(privileges) as [Scope, readonly string[]][]).map(
    ([scope, names]) =>
      `| ${placeOf(scope)} | ${names.map((privilege) => `\`${privilege}\``).join('<br>')} |`,
  )
  return [`### ${name}`, '', `For: ${purpose}.`, '', '| where | privileges |', '| --- | --- |', ...rows].join(
    '\n',
  )
}

function placeOf(scope: Scope): string {
  if (scope === 'cluster') return 'cluster'
  return scope === 'indices' ? `your indices (\`${EXAMPLE_PATTERN}\`)` : `\`${SCOPE_INDEX[scope]}\``
}
