import { type Client, errors } from '@opensearch-project/opensearch'
import { describe, expect, test, vi } from 'vitest'
import { SearchCache } from './search-cache.ts'

function clientWithPlugins(answer: () => Promise<unknown>): {
  client: Client
  plugins: ReturnType<typeof vi.fn>
} {
  const plugins = vi.fn(answer)
  return { client: { cat: { plugins } } as unknown as Client, plugins }
}

describe('SearchCache', () => {
  test('asks once for the plugins, also when many ask at the same time', async () => {
    const { client, plugins } = clientWithPlugins(async () => ({
      body: [{ component: 'opensearch-neural-search' }],
    }))
    const cache = new SearchCache()
    expect(await Promise.all([cache.hasNeuralSearch(client), cache.hasNeuralSearch(client)])).toEqual([
      true,
      true,
    ])
    expect(await cache.hasNeuralSearch(client)).toBe(true)
    expect(plugins).toHaveBeenCalledTimes(1)
  })

  test('takes a user who may not look for one without plugins', async () => {
    const { client } = clientWithPlugins(() =>
      Promise.reject(new errors.ResponseError({ statusCode: 403, body: {} } as never)),
    )
    expect(await new SearchCache().hasNeuralSearch(client)).toBe(false)
  })

  test('forgets failures', async () => {
    let calls = 0
    const { client } = clientWithPlugins(async () => {
      calls++
      if (calls === 1) throw new Error('down')
      return { body: [] }
    })
    const cache = new SearchCache()
    await expect(cache.hasNeuralSearch(client)).rejects.toThrow('down')
    expect(await cache.hasNeuralSearch(client)).toBe(false)
  })

  test('knows without asking that only the plugin can answer for lexpand_impacts', async () => {
    const index = { name: 'articles', specification: {} as never, vectorType: 'lexpand_impacts' } as const
    expect(await new SearchCache().form({} as Client, index)).toBe('lexpand')
  })

  test('asks again for coverage when it is old or was forgotten', async () => {
    const search = vi.fn(async () => ({
      body: { hits: { total: { value: 4 } }, aggregations: { covered: { doc_count: 3 } } },
    }))
    const client = { search } as unknown as Client
    const cache = new SearchCache(3_600_000)
    expect(await cache.coverage(client, 'articles')).toBe(0.75)
    await cache.coverage(client, 'articles')
    expect(search).toHaveBeenCalledTimes(1)
    cache.forget('articles')
    await cache.coverage(client, 'articles')
    expect(search).toHaveBeenCalledTimes(2)
    const forgetful = new SearchCache(0)
    await forgetful.coverage(client, 'articles')
    await forgetful.coverage(client, 'articles')
    expect(search).toHaveBeenCalledTimes(4)
  })
})
