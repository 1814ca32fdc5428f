import { describe, expect, test } from 'vitest'
import { SPECIFICATION, stubClient } from '../../testing/test-fixtures.ts'
import { scanDocuments } from './audit-scan.ts'

const TARGET = {
  name: 'i',
  specification: SPECIFICATION,
  vectorsInSource: true,
  vectorType: 'rank_features',
  lexical: { plain: [] },
} as const

describe('scanDocuments', () => {
  test('every document is given once, and no more than a page a slice is held', async () => {
    const engine = pager(100_000)
    const ids = new Set<number>()
    let held = 0
    let most = 0
    const documents = await scanDocuments(engine.client, TARGET, {
      onTotal: (total) => expect(total).toBe(100_000),
      async onPage(page) {
        held += page.length
        most = Math.max(most, held)
        await Promise.resolve()
        for (const { id } of page) ids.add(Number(id))
        held -= page.length
      },
    })
    expect([documents, ids.size]).toEqual([100_000, 100_000])
    expect(most).toBeLessThanOrEqual(2 * 1_000)
    expect(engine.requests()).toBeLessThan(120)
    expect(engine.isClosed()).toBe(true)
  })

  test('fewer documents than were counted are an error, not a clean audit', async () => {
    const { client } = pager(500, { lost: 1 })
    const scan = scanDocuments(client, TARGET, { onTotal: () => {}, onPage: async () => {} })
    await expect(scan).rejects.toThrow('expected 500 documents of i, got 499')
  })
})

/** A client of an index with the engine's own settings. */
const NO_SETTINGS = { indices: { getSettings: async () => ({ body: { i: {} }, statusCode: 200 }) } }

/** An engine with two shards of ready documents. */
function pager(total: number, { lost = 0 } = {}) {
  let requests = 0
  let isClosed = false
  const sidecar = { state: 'ready', text_hash: 'h', fingerprint: SPECIFICATION.fingerprint }
  const engine = stubClient({
    createPit: () => ({ pit_id: 'p' }),
    deletePit: () => {
      isClosed = true
      return {}
    },
    search: ({
      body,
    }: {
      body: {
        size: number
        query?: { bool: { filter: [{ range: { _seq_no: { gte: number; lte: number } } }] } }
        slice?: { id: number; max: number }
      }
    }) => {
      requests++
      if (body.size === 0) return { _shards: { total: 2 }, hits: { total: { value: total }, hits: [] } }
      const { id = 0, max = 1 } = body.slice ?? {}
      const { gte = 0, lte = total } = body.query?.bool.filter[0].range._seq_no ?? {}
      const first = Math.ceil((gte - id) / max) * max + id
      const hits = []
      for (let at = first; at < total - lost && at <= lte && hits.length < body.size; at += max) {
        hits.push({
          _id: String(at),
          _seq_no: at,
          _primary_term: 1,
          sort: [at],
          fields: { seen: [{ sidecar, vector: 1, text: 't' }] },
        })
      }
      return { took: 1, _shards: { total: 2 }, hits: { hits } }
    },
  })
  const client = Object.assign(engine, NO_SETTINGS)
  return { client, requests: () => requests, isClosed: () => isClosed }
}
