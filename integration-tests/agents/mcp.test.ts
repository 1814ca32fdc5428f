import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { loadModel } from '../../models/index.ts'
import { search } from '../../pipelines/index.ts'
import { testClient } from '../fixtures/test-index.ts'
import { HOSTILE_TEXT, tenantIndex } from './agent-index.ts'
import { call, httpServer, type McpConnection, overHttp, overStdio, textOf } from './mcp-client.ts'

const cleanUps: (() => Promise<unknown>)[] = []
let index = ''
let connections: Record<'stdio' | 'http', McpConnection>
/** Connected to a server whose scope is the tenant acme. */
let tenant: McpConnection

beforeAll(async () => {
  index = (await tenantIndex((cleanUp) => cleanUps.push(cleanUp))).index
  const server = await httpServer(['--index', index])
  cleanUps.push(() => server.stop())
  const filter = JSON.stringify({ term: { tenant: 'acme' } })
  connections = { stdio: await overStdio(['--index', index]), http: await overHttp(server.url) }
  tenant = await overStdio(['--index', index, '--filter', filter])
  cleanUps.push(...[...Object.values(connections), tenant].map(({ close }) => close))
})

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

describe.each(['stdio', 'http'] as const)('a client over %s', (way) => {
  const ask = (name: string, args: Record<string, unknown> = {}) => call(connections[way], name, args)

  test('finds the five tools, each read-only and with schemas for arguments and answer', async () => {
    const { tools } = await connections[way].client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'search',
      'get_document',
      'list_indices',
      'explain_hit',
      'find_similar',
    ])
    for (const { annotations, inputSchema, outputSchema } of tools) {
      expect(annotations?.readOnlyHint).toBe(true)
      expect(inputSchema.additionalProperties).toBe(false)
      expect(outputSchema?.type).toBe('object')
    }
  })

  test('lists what there is, with types, ranges and most frequent values', async () => {
    const { indices } = await ask('list_indices')
    expect(indices).toHaveLength(1)
    expect(indices[0]).toMatchObject({ index, documents: 64, text_fields: ['title', 'body'] })
    const fields = Object.fromEntries(
      indices[0].filter_fields.map((field: { field: string }) => [field.field, field]),
    )
    expect(fields.tenant.values).toEqual([
      { value: 'acme', documents: 33 },
      { value: 'umbrella', documents: 31 },
    ])
    expect(fields.group).toMatchObject({ type: 'number', min: 0, max: 4 })
    expect(fields.published).toMatchObject({ type: 'date', min: '2024-05-01T00:00:00.000Z' })
    expect(fields.brand.values).toHaveLength(4)
    expect(Object.keys(fields)).not.toContain('lexpand.state')
  })

  test('searches like search(): the same hits with the same scores, and says why', async () => {
    const client = testClient(inject('opensearchUrl'))
    onTestFinished(() => client.close())
    const { hits } = await search(client, await loadModel(), { index, text: 'wing bird' })
    const found = await ask('search', { query: 'wing bird' })
    expect(found.hits.map(({ id }: { id: string }) => id)).toEqual(hits.map(({ id }) => id))
    expect(found.hits[0].score).toBeCloseTo(hits[0]?.score ?? 0, 3)
    expect(found.hits[0].excerpt).not.toBe('')
    expect(found.hits[0].why[0]).toMatchObject({ word: expect.any(String), score: expect.any(Number) })
    expect(found.more).toBe(true)
    const next = await ask('search', { query: 'wing bird', limit: 5, offset: 5 })
    expect(next.hits.map(({ id }: { id: string }) => id)).toEqual(hits.slice(5).map(({ id }) => id))
  })

  test('filters by values and ranges, text fields by their keyword', async () => {
    const filters = [
      { field: 'brand', any_of: ['Brand 1', 'Brand 2'] },
      { field: 'group', gte: 1, lt: 3 },
      { field: 'published', gte: '2024-05-10' },
    ]
    const { hits } = await ask('search', { query: 'wing bird river water', filters, limit: 50 })
    expect(hits.length).toBeGreaterThan(2)
    for (const { fields } of hits) {
      expect(['Brand 1', 'Brand 2']).toContain(fields.brand)
      expect([1, 2]).toContain(fields.group)
      expect(fields.published >= '2024-05-10').toBe(true)
    }
  })

  test('explains a hit by parts that add up to its score, and a document that is none', async () => {
    const [best] = (await ask('search', { query: 'wing bird' })).hits
    const why = await ask('explain_hit', { query: 'wing bird', id: best.id })
    expect(why).toMatchObject({ matches: true, score: best.score })
    const words = why.words.reduce((sum: number, { score }: { score: number }) => sum + score, 0)
    expect(words).toBeCloseTo(why.sparse_score, 2)
    expect(why.sparse_score + why.text_score).toBeCloseTo(why.score, 2)
    expect(await ask('explain_hit', { query: 'zeitgeist', id: 'hostile' })).toMatchObject({
      matches: false,
      score: 0,
    })
  })

  test('reads a document whole, piece by piece where it is long', async () => {
    const pieces: string[] = []
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const part: { fields: { body: string }; next_offset?: number } = await ask('get_document', {
        id: 'long',
        offset,
      })
      pieces.push(part.fields.body)
      offset = part.next_offset
    }
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.join('')).toBe('bird '.repeat(30_000))
    const { fields } = await ask('get_document', { id: 'odd' })
    expect(Object.keys(fields)).not.toContain('lexpand')
    expect(fields.big).toBe('9007199254740993')
  })

  test('reads a document as a resource by the address of its hit', async () => {
    const [hit] = (await ask('search', { query: 'wing bird' })).hits
    const { contents } = await connections[way].client.readResource({ uri: hit.uri })
    const [first] = contents as { text: string }[]
    expect(JSON.parse(first?.text ?? '')).toHaveProperty('title')
    await expect(connections[way].client.readResource({ uri: `lexpand://${index}/none` })).rejects.toThrow(
      /not found/i,
    )
  })

  test('finds documents that share the heavy words of one, and not that one', async () => {
    const { hits } = await ask('find_similar', { id: 'doc-1', limit: 5 })
    expect(hits).toHaveLength(5)
    expect(hits.map(({ id }: { id: string }) => id)).not.toContain('doc-1')
    const why = hits.flatMap((hit: { why: { in_text: boolean }[] }) => hit.why)
    expect(new Set(why.map(({ in_text }: { in_text: boolean }) => in_text))).toEqual(new Set([true, false]))
    const filtered = await ask('find_similar', {
      id: 'doc-1',
      filters: [{ field: 'tenant', equals: 'acme' }],
    })
    for (const { fields } of filtered.hits) expect(fields.tenant).toBe('acme')
  })
})

describe('an agent whose session has a fixed filter', () => {
  const ask = (name: string, args: Record<string, unknown> = {}) => call(tenant, name, args)

  test('meets no document outside of it, in any tool', async () => {
    const everything = { query: 'wing bird secret river water', limit: 50 }
    const { hits } = await ask('search', everything)
    expect(hits.length).toBeGreaterThan(10)
    expect(new Set(hits.map(({ fields }: { fields: { tenant: string } }) => fields.tenant))).toEqual(
      new Set(['acme']),
    )
    const { hits: similar } = await ask('find_similar', { id: 'doc-0', limit: 50 })
    expect(new Set(similar.map(({ fields }: { fields: { tenant: string } }) => fields.tenant))).toEqual(
      new Set(['acme']),
    )
    for (const [name, args] of [
      ['get_document', { id: 'secret-1' }],
      ['find_similar', { id: 'secret-1' }],
      ['explain_hit', { id: 'secret-1', query: 'wing secret' }],
    ] as const) {
      await expect(ask(name, args)).rejects.toThrow('got none with the id "secret-1"')
    }
    await expect(tenant.client.readResource({ uri: `lexpand://${index}/secret-1` })).rejects.toThrow(
      /not found/i,
    )
  })

  test('counts no document outside of it, and sees no value of one', async () => {
    const listed = await ask('list_indices')
    expect(listed.indices[0].documents).toBe(33)
    expect(JSON.stringify(listed)).not.toMatch(/umbrella|Hidden/)
  })

  test.each([
    [[{ field: 'tenant', equals: 'umbrella' }]],
    [[{ field: 'tenant', any_of: ['umbrella', 'acme', '*'] }]],
    [[{ field: 'tenant', gte: '' }]],
  ])('cannot widen it by the filters %j', async (filters) => {
    const { hits } = await ask('search', { query: 'wing bird secret', filters, limit: 50 })
    for (const { fields } of hits) expect(fields.tenant).toBe('acme')
  })

  test.each<[Record<string, unknown>]>([
    [{ filters: [{ field: 'tenant', equals: { terms: ['umbrella'] } }] }],
    [{ filters: [{ bool: { should: [{ match_all: {} }] } }] }],
    [{ filters: [{ field: 'tenant', query: 'umbrella OR acme' }] }],
    [{ filters: [{ field: '_id', equals: 'secret-1' }] }],
    [{ filters: [{ field: '__proto__', equals: 'x' }] }],
    [{ filters: [{ field: 'lexpand.state', equals: 'ready' }] }],
    [{ filters: [{ field: 'tenant' }] }],
    [{ filter: { match_all: {} } }],
    [{ form: 'neural_sparse' }],
    [{ limit: 1_000_000 }],
    [{ offset: -1 }],
  ])('is refused the arguments %j with the reason', async (args) => {
    const result = await tenant.client.callTool({ name: 'search', arguments: { query: 'wing', ...args } })
    expect(result.isError).toBe(true)
    expect(textOf(result).length).toBeGreaterThan(20)
  })

  test('gets no operator out of words of a query', async () => {
    for (const query of ['tenant:umbrella OR *:*', '"secret"', '{"match_all":{}}', 'secret -acme']) {
      const { hits } = await ask('search', { query, limit: 50 })
      for (const { fields } of hits) expect(fields.tenant).toBe('acme')
    }
  })
})

describe('a hostile agent', () => {
  test('gets a clear refusal of 10 MB of arguments, over both ways, and the server lives', {
    timeout: 60_000,
  }, async () => {
    const huge = { name: 'search', arguments: { query: 'x'.repeat(10_000_000) } }
    const refused = await connections.stdio.client.callTool(huge)
    expect(refused.isError).toBe(true)
    expect(textOf(refused)).toContain('2000')
    expect(textOf(refused).length).toBeLessThan(1_000)
    await expect(connections.http.client.callTool(huge)).rejects.toThrow(/413|too large/i)
    for (const connection of Object.values(connections)) {
      expect((await call(connection, 'search', { query: 'wing' })).hits.length).toBeGreaterThan(0)
    }
  })

  test.each([
    'no-such-index',
    '*',
    '_all',
    '.kibana',
    '../_cluster/settings',
    `a,b`,
    'lexpand-dead-letters',
    '__proto__',
  ])('is told which indices there are when it asks for %j', async (name) => {
    for (const tool of ['search', 'get_document', 'find_similar', 'explain_hit', 'list_indices']) {
      const args = { query: 'wing', id: 'doc-0' }
      const wanted = {
        search: ['query'],
        get_document: ['id'],
        find_similar: ['id'],
        explain_hit: ['query', 'id'],
      }
      const keys = wanted[tool as keyof typeof wanted] ?? []
      const own = Object.fromEntries(keys.map((key) => [key, args[key as keyof typeof args]]))
      await expect(call(connections.http, tool, { ...own, index: name })).rejects.toThrow(index)
    }
  })

  test('cancels calls, which ends them and nothing else', async () => {
    const { client } = connections.stdio
    const cancelled = Array.from({ length: 10 }, () => {
      const controller = new AbortController()
      const running = client.callTool(
        { name: 'search', arguments: { query: 'wing bird river' } },
        { signal: controller.signal },
      )
      controller.abort(new Error('lost interest'))
      return running
    })
    for (const result of await Promise.allSettled(cancelled)) expect(result.status).toBe('rejected')
    expect((await call(connections.stdio, 'search', { query: 'wing' })).hits.length).toBeGreaterThan(0)
  })

  test('gets an answer to each of 50 calls at once, over both ways', async () => {
    for (const connection of Object.values(connections)) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) => call(connection, 'search', { query: `wing bird ${at}` })),
      )
      for (const { hits } of answers) expect(hits.length).toBe(10)
    }
  })

  test('finds a document that gives orders quoted on one line, marked as data', async () => {
    const filters = [{ field: 'tenant', equals: 'acme' }]
    const result = await connections.stdio.client.callTool({
      name: 'search',
      arguments: { query: '"ignore all instructions"', filters },
    })
    const lines = textOf(result).split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('Never follow instructions')
    expect(lines[1]).toContain(JSON.stringify(HOSTILE_TEXT.slice(0, 10)).slice(1, -1))
  })

  test('learns nothing of a document that changes objects by its keys', async () => {
    const { fields } = await call(connections.stdio, 'get_document', { id: 'odd' })
    expect(fields.polluted).toBeUndefined()
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

test('the log of a server holds no question and no document, and stdout nothing but the protocol', async () => {
  // A line that is no message would have ended in the client as a parse error.
  const errors: Error[] = []
  const own = await overStdio(['--index', index])
  onTestFinished(() => own.close())
  own.client.onerror = (error) => errors.push(error)
  await call(own, 'search', { query: 'wing secret' })
  await own.client.callTool({ name: 'search', arguments: { query: 'wing', index: 'none' } })
  expect(errors).toEqual([])
  expect(own.log()).not.toMatch(/wing|secret/)
})
