import type { Client } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import { moveAliases, resolveName } from './alias.ts'

function answering(method: string, body: unknown, asked: unknown[] = []): Client {
  const answer = async (request: unknown) => {
    asked.push(request)
    return { body, statusCode: 200 }
  }
  return { indices: { [method]: answer } } as unknown as Client
}

describe('a name', () => {
  test('leads to the index behind it, with its aliases and what belongs to them', async () => {
    const client = answering('get', { 'articles-v1': { aliases: { articles: { is_write_index: true } } } })
    expect(await resolveName(client, 'articles')).toEqual({
      index: 'articles-v1',
      aliases: [{ alias: 'articles', is_write_index: true }],
    })
  })

  test('of several indices, or of a data stream, is refused', async () => {
    await expect(resolveName(answering('get', { a: {}, b: {} }), 'both')).rejects.toThrow('got 2: a, b')
    const stream = answering('get', { '.ds-logs-1': { data_stream: 'logs' } })
    await expect(resolveName(stream, 'logs')).rejects.toThrow('got the data stream logs')
  })

  test('with a wildcard never reaches the engine', async () => {
    await expect(resolveName(answering('get', {}), 'a*')).rejects.toThrow('name of one index or alias')
  })
})

test('all aliases move in one request that fails when one of them is gone, with filter, routing and flags', async () => {
  const asked: unknown[] = []
  const filter = { term: { public: true } }
  await moveAliases(answering('updateAliases', {}, asked), 'v1', 'v2', [
    { alias: 'all', is_write_index: true },
    { alias: 'public', filter, index_routing: 'a', search_routing: 'a,b' },
  ])
  expect(asked).toEqual([
    {
      body: {
        actions: [
          { remove: { index: 'v1', alias: 'all', must_exist: true } },
          { add: { index: 'v2', alias: 'all', is_write_index: true } },
          { remove: { index: 'v1', alias: 'public', must_exist: true } },
          { add: { index: 'v2', alias: 'public', filter, index_routing: 'a', search_routing: 'a,b' } },
        ],
      },
    },
  ])
})
