import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { askRole } from '../../../cli/doctor/privileges/ask-privileges.ts'
import { ROLES, type Role, SCOPE_INDEX, type Scope } from '../../../cli/doctor/privileges/roles.ts'
import { installIndex } from '../../../mappings/index.ts'
import { loadModel } from '../../../models/index.ts'
import { installIngestPipeline } from '../../../pipelines/index.ts'
import { openQueue } from '../../../workers/index.ts'
import { testIndexSpecification } from '../../fixtures/stored-vectors.ts'
import { deniedInTheMiddle } from './denied-in-the-middle.ts'
import { type PrivilegeNode, type Privileges, startPrivilegeNode } from './privilege-node.ts'
import { FLOWS, type Flow, type Site } from './role-flows.ts'

let node: PrivilegeNode
let site: Site

beforeAll(async () => {
  node = await startPrivilegeNode()
  const identity = randomUUID().replaceAll('-', '').repeat(2)
  const model = { ...(await loadModel()), identity }
  const specification = testIndexSpecification(model, ['text'])
  const redisUrl = inject('redisUrl')
  const queue = await openQueue({ redis: redisUrl, model: { identity } })
  const index = 'articles'
  site = { node, model, specification, queue, redisUrl, index }
  await installIndex(node.admin, index, specification)
  await installIngestPipeline(node.admin, index, specification)
  // An index that this user may not read must not disturb anything.
  await node.admin.indices.create({ index: 'foreign' })
  const text_sparse = { hello: 1 }
  await node.admin.index({
    index,
    id: 'h',
    pipeline: '_none',
    refresh: true,
    body: { text: 'hello', text_sparse },
  })
})

afterAll(async () => {
  await site?.queue.jobs.obliterate({ force: true })
  await site?.queue.close()
  await node?.stop()
})

/** Without these privileges no request fails; the only effect is that a point in time stays open for five more minutes. */
const QUIET = new Set(['indices:data/read/point_in_time/delete'])

describe.each(ROLES)('role $name', (role) => {
  /** Privileges that each flow used: without one of them, only the flows that need it run. */
  const askedBy = new Map<Flow, readonly string[]>()

  test('is sufficient, and everything in it is asked for', async () => {
    const user = `all-${role.name}`
    const client = node.grant(user, privilegesOf(role))
    node.asked(user)
    for (const flow of FLOWS[role.name]) {
      await flow(client, site, user)
      askedBy.set(flow, node.asked(user))
    }
    const asked = [...askedBy.values()].flat()
    const needless = placesOf(role).filter((place) => !asked.some((line) => covers(place, line)))
    expect(needless).toEqual([])
  })

  test.each(placesOf(role).filter(isOwn(role)))(
    'without $privilege ($scope), what fails names privilege and place, and so does the doctor',
    async (place) => {
      const user = `less-${role.name}`
      const client = node.grant(user, privilegesOf(role, place))
      const name = place.privilege.replace('*', '')
      const { missing, unknown } = await askRole(client, role, site.index)
      const doubted = [...missing, ...unknown].map(({ privilege }) => privilege)
      expect(doubted).toContain(place.privilege)
      if (QUIET.has(place.privilege)) return
      const failure = await firstFailure(async () => {
        for (const [flow, asked] of askedBy) {
          if (asked.some((line) => covers(place, line))) await flow(client, site, user)
        }
      })
      expect(failure).toContain(name)
      if (place.scope === 'letters' || place.scope === 'runs')
        expect(failure).toContain(SCOPE_INDEX[place.scope])
      if (place.scope === 'indices') expect(failure).toMatch(/articles/)
    },
  )
})

deniedInTheMiddle(() => site)

interface ScopedPrivilege {
  readonly privilege: string
  readonly scope: Scope
}

function placesOf({ privileges }: Role): ScopedPrivilege[] {
  return Object.entries(privileges).flatMap(([scope, names]) =>
    names.map((privilege) => ({ privilege, scope: scope as Scope })),
  )
}

/** Privileges that the operator shares with worker and set-up are tested there. */
function isOwn(role: Role) {
  const others = ROLES.filter(({ name }) => name === 'worker' || name === 'set-up')
  return ({ privilege, scope }: ScopedPrivilege) =>
    role.name !== 'operator' || !others.some(({ privileges }) => privileges[scope]?.includes(privilege))
}

function privilegesOf({ privileges }: Role, less?: ScopedPrivilege): Privileges {
  const left = (scope: Scope) =>
    (privileges[scope] ?? []).filter((privilege) => less?.scope !== scope || less.privilege !== privilege)
  return {
    cluster: left('cluster'),
    index: {
      'articles*': left('indices'),
      [SCOPE_INDEX.letters]: left('letters'),
      [SCOPE_INDEX.runs]: left('runs'),
      ...(privileges.all === undefined ? {} : { '*': left('all') }),
    },
  }
}

function covers({ privilege, scope }: ScopedPrivilege, line: string): boolean {
  const [kind, ...rest] = line.split(' ')
  const action = rest.at(-1) ?? ''
  const isAction = privilege.endsWith('*') ? action.startsWith(privilege.slice(0, -1)) : action === privilege
  if (scope === 'cluster' || kind === 'cluster') return isAction && kind === scope
  const index = rest[0] ?? ''
  // A point in time is requested without its index.
  if (index === '?' || scope === 'all') return isAction
  return isAction && (scope === 'indices' ? index.startsWith('articles') : index === SCOPE_INDEX[scope])
}

async function firstFailure(work: () => Promise<void>): Promise<string> {
  try {
    await work()
    return 'nothing failed'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
