import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { ROLES, SCOPE_INDEX } from '../../../cli/doctor/privileges/roles.ts'
import { DEAD_LETTERS, startWorker, sweep } from '../../../workers/index.ts'
import { testEncoder } from '../../fixtures/test-encoder.ts'
import { until } from '../../fixtures/until.ts'
import type { Privileges } from './privilege-node.ts'
import type { Site } from './role-flows.ts'

const DOCUMENTS = 300

/** Takes login and privileges from a worker while it works, and gives them back. */
export function deniedInTheMiddle(siteOf: () => Site): void {
  describe('a worker whose user may do nothing for a while', () => {
    test.each(['privileges', 'login'] as const)(
      'that lost its %s waits with one line, leaves no dead letter, and goes on by itself',
      async (what) => {
        const { node, model, redisUrl, index, queue } = siteOf()
        const lines: string[] = []
        const logger = pino(
          { level: 'info' },
          { write: (line: string) => void lines.push(JSON.parse(line).msg) },
        )
        const user = `middle-${what}`
        const client = node.grant(user, WORKER)
        const ids = Array.from({ length: DOCUMENTS }, (_, at) => `${what}-${at}`)
        const body = ids.flatMap((_id) => [{ index: { _id } }, { text: `words of ${_id}` }])
        await node.admin.bulk({ index, refresh: true, body: body as never })
        await node.admin.indices.delete({ index: DEAD_LETTERS }, { ignore: [404] })
        if (what === 'login') node.forget(user)
        else node.grant(user, { ...WORKER, index: { ...WORKER.index, 'articles*': WITHOUT_UPDATE } })
        const worker = await startWorker({
          client,
          redis: redisUrl,
          model,
          logger,
          encoder: testEncoder(model),
        })
        try {
          await sweep(node.admin, queue, index)
          await until(() => worker.stats.postponed > 4)
          expect(lines.filter((line) => line.startsWith('jobs wait: '))).toEqual([
            expect.stringMatching(
              what === 'login' ? /valid login, got 401/ : /indices:data\/write\/update on index articles/,
            ),
          ])
          expect(lines.filter((line) => line.includes('job'))).toHaveLength(1)
          node.grant(user, WORKER)
          await until(async () => (await readyOf(siteOf(), ids)) === DOCUMENTS)
          expect((await node.admin.indices.exists({ index: DEAD_LETTERS })).body).toBe(false)
          expect(worker.stats.failed).toBe(0)
          expect(lines.filter((line) => line === 'jobs go on')).toHaveLength(1)
        } finally {
          await worker.close()
          await queue.jobs.drain(true)
        }
      },
    )
  })
}

const worker = ROLES.find(({ name }) => name === 'worker')?.privileges ?? {}
const WORKER: Privileges = {
  cluster: worker.cluster ?? [],
  index: {
    'articles*': worker.indices ?? [],
    [SCOPE_INDEX.letters]: worker.letters ?? [],
    [SCOPE_INDEX.all]: worker.all ?? [],
  },
}
const WITHOUT_UPDATE = (worker.indices ?? []).filter((name) => name !== 'indices:data/write/update')

async function readyOf({ node, index }: Site, ids: readonly string[]): Promise<number> {
  await node.admin.indices.refresh({ index })
  const reply = await node.admin.count({
    index,
    body: {
      query: { bool: { filter: [{ ids: { values: [...ids] } }, { term: { 'lexpand.state': 'ready' } }] } },
    } as never,
  })
  return reply.body.count
}
