import { errors } from '@opensearch-project/opensearch'
import { expect, test } from 'vitest'
import { acknowledged } from './acknowledged.ts'
import { isDenied } from './denied.ts'
import { isTransient } from './transient.ts'

const CONTEXT = { part: 'reindex', index: 'articles' }
const answer = (body: unknown) => acknowledged(Promise.resolve({ body }), CONTEXT)

test('what is acknowledged comes back', async () => {
  await expect(answer({ acknowledged: true, shards_acknowledged: true })).resolves.toMatchObject({
    body: { acknowledged: true },
  })
  await expect(answer({ _shards: { total: 2, successful: 1, failed: 0 } })).resolves.toBeDefined()
  await expect(answer('')).resolves.toBeDefined()
})

test('a change that some nodes have not confirmed is waited for', async () => {
  const error = await answer({ acknowledged: false }).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ name: 'EngineBusy', message: expect.stringContaining('acknowledged: false') })
  expect(isTransient(error)).toBe(true)
})

test('shards that failed are waited for, with the reason of the first', async () => {
  const failures = [{ shard: 0, reason: { type: 'x', reason: 'shard is closed' } }]
  await expect(answer({ _shards: { total: 2, failed: 1, failures } })).rejects.toThrow(
    '1 of 2 shards that failed (shard is closed)',
  )
})

test('shards that the user may not touch name privilege and index, in a reply of status 200 and in one of 403', async () => {
  const reason = {
    type: 'security_exception',
    reason: 'no permissions for [indices:admin/refresh[s]] and User [name=w, x]',
  }
  const body = { _shards: { total: 1, failed: 1, failures: [{ status: 'FORBIDDEN', reason }] } }
  const refused = new errors.ResponseError({ statusCode: 403, body } as never)
  for (const request of [Promise.resolve({ body }), Promise.reject(refused)]) {
    const error = await acknowledged(request, CONTEXT).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'SERVICE',
      message: expect.stringMatching(/privilege indices:admin\/refresh\[s\] on index articles for user w/),
    })
    expect(isDenied(error)).toBe(true)
    expect(isTransient(error)).toBe(false)
  }
})
