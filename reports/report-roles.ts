// Writes docs/privileges.md and deploy/roles from the table of roles: node reports/report-roles.ts

import { writeFileSync } from 'node:fs'
import { writeGeneratedBlock } from './generated-block.ts'
import { projectFile } from './report-source.ts'
import { roleFiles, roleTables } from './tables/role-documents.ts'

for (const [name, text] of roleFiles()) writeFileSync(projectFile(`deploy/roles/${name}`), text)
writeGeneratedBlock(projectFile('docs/privileges.md'), 'roles', roleTables())
