import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withGeneratedBlock } from '../generated-block.ts'
import { projectFile } from '../report-source.ts'
import { roleFiles, roleTables } from './role-documents.ts'

test('deploy/roles holds exactly the roles of the table', () => {
  const folder = projectFile('deploy/roles')
  const found = new Map(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]))
  expect(found).toEqual(roleFiles())
})

test('docs/privileges.md says what the table says', () => {
  const page = readFileSync(projectFile('docs/privileges.md'), 'utf8')
  expect(withGeneratedBlock(page, 'roles', roleTables())).toBe(page)
})
