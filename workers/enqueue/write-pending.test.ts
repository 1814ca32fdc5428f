import { errors } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import { SPECIFICATION, stubClient } from '../../testing/test-fixtures.ts'
import { type PreparedDocument, prepareDocument } from './prepare-document.ts'
import { writePending } from './write-pending.ts'

const FAST = { firstMs: 0.1, maxMs: 0.1, giveUpAfterMs: 60_000 }

function documents(count: number): PreparedDocument[] {
  return Array.from(
    { length: count },
    (_, at) =>
      prepareDocument({ id: `d${at}`, source: { text: `t${at}` } }, SPECIFICATION) as PreparedDocument,
  )
}

type Answer = { status: number; error?: { type?: string; reason?: string } }

/** An engine that answers each request with the result of `decide` for its ids. */
function engine(decide: (ids: string[], request: number) => Answer[] | Error) {
  const requests: string[][] = []
  const client = stubClient({
    bulk: ({ body }: { body: string[] }) => {
      const ids = body.flatMap((line, at) => (at % 2 === 0 ? [JSON.parse(line).index._id as string] : []))
      requests.push(ids)
      const answers = decide(ids, requests.length)
      if (answers instanceof Error) throw answers
      return {
        items: answers.map((answer, at) => ({
          index: { _index: 'real', _id: ids[at], _seq_no: 5, _primary_term: 1, ...answer },
        })),
      }
    },
  })
  return { client, requests }
}

function responseError(statusCode: number, type = 'x'): Error {
  return new errors.ResponseError({
    statusCode,
    body: { error: { type, reason: `because ${type}` }, status: statusCode },
    headers: {},
    warnings: null,
    meta: {} as never,
  } as never)
}

const ok = { status: 201 }

describe('writing pending documents', () => {
  test('items that the engine has no room for are sent again until they are taken, the others once', async () => {
    const { client, requests } = engine((ids, request) =>
      ids.map((_, at) => (request < 3 && at % 2 === 1 ? { status: 429, error: { reason: 'full' } } : ok)),
    )
    const written = await writePending(client, 'a', documents(4), FAST)
    expect(requests).toEqual([['d0', 'd1', 'd2', 'd3'], ['d1', 'd3'], ['d3']])
    expect(written).toEqual(Array(4).fill({ index: 'real', seqNo: 5, primaryTerm: 1 }))
  })

  test('an engine without room is asked with ever smaller requests, and whoever writes is told of each refusal', async () => {
    const refusals: number[] = []
    const { client, requests } = engine((ids) =>
      ids.length > 300 ? responseError(429, 'circuit_breaking_exception') : ids.map(() => ok),
    )
    const onRefused = ({ status }: { status: number }) => void refusals.push(status)
    const written = await writePending(client, 'a', documents(1_000), { ...FAST, onRefused })
    expect(requests.map((ids) => ids.length)).toEqual([1_000, 500, 500, 250, 250, 250, 250])
    expect(refusals).toEqual([429, 429, 429])
    expect(new Set(requests.slice(3).flat()).size).toBe(1_000)
    expect(written.every((one) => 'index' in one)).toBe(true)
  })

  test('a request refused as a whole, or without connection, is sent again', async () => {
    const failures = [responseError(429), responseError(503), new errors.ConnectionError('ECONNREFUSED')]
    const { client, requests } = engine((ids) => failures.shift() ?? ids.map(() => ok))
    await writePending(client, 'a', documents(2), FAST)
    expect(requests).toHaveLength(4)
  })

  test("an item that is refused for good has the engine's reason, its neighbours are written", async () => {
    const { client } = engine((ids) =>
      ids.map((id) => (id === 'd1' ? { status: 400, error: { reason: 'failed to parse' } } : ok)),
    )
    const written = await writePending(client, 'a', documents(3), FAST)
    expect(written[1]).toEqual({ reason: 'status 400, failed to parse' })
    expect(written.filter((result) => 'seqNo' in result)).toHaveLength(2)
  })

  test('a request that is too large is halved until the document alone is too large', async () => {
    const { client } = engine((ids) => (ids.includes('d2') ? responseError(413) : ids.map(() => ok)))
    const written = await writePending(client, 'a', documents(5), FAST)
    expect(written.map((result) => 'reason' in result)).toEqual([false, false, true, false, false])
    expect(written[2]).toEqual({ reason: expect.stringContaining('http.max_content_length') })
  })

  test('a read-only or missing index ends the run with the way out', async () => {
    const block = { type: 'cluster_block_exception', reason: 'blocked by: [FORBIDDEN/8/index write (api)];' }
    const readOnly = engine((ids) => ids.map(() => ({ status: 403, error: block })))
    await expect(writePending(readOnly.client, 'a', documents(2), FAST)).rejects.toMatchObject({
      code: 'INDEX',
      message: expect.stringContaining('Lift the block'),
    })
    const missing = engine(() => responseError(404, 'index_not_found_exception'))
    await expect(writePending(missing.client, 'a', documents(2), FAST)).rejects.toMatchObject({
      code: 'INDEX',
    })
  })

  test('an engine that stays away ends the run with the reason', async () => {
    const { client } = engine(() => new errors.ConnectionError('ECONNREFUSED'))
    await expect(
      writePending(client, 'a', documents(1), { ...FAST, giveUpAfterMs: 1 }),
    ).rejects.toMatchObject({
      code: 'SERVICE',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})
