import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { countDocuments, internalSearch, internalSearches } from './internal-search.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDERS = ['opensearch', 'mappings', 'workers', 'indices', 'pipelines', 'quality', 'measure', 'advise']

/** Searches of users, which the owner's pipeline is meant for. */
const SEARCHES_FOR_USERS = ['pipelines/search/ranking.ts', 'pipelines/search/two-phase-ranking.ts']

const SEARCHING = /\.(search|msearch|searchTemplate|msearchTemplate|scroll)\(\s*[{\n]/
const OBEYING_THE_PIPELINE =
  /\.(count|reindex|updateByQuery|deleteByQuery)\(\s*\{|\/_(count|reindex|update_by_query|delete_by_query)\b/

function sources(): string[] {
  return globSync(`{${FOLDERS.join(',')}}/**/*.ts`, { cwd: ROOT }).filter(
    (file) => !file.endsWith('.test.ts'),
  )
}

function filesWith(pattern: RegExp): string[] {
  return sources()
    .filter((file) => pattern.test(readFileSync(join(ROOT, file), 'utf8')))
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
}

describe('reads for our own bookkeeping', () => {
  test('go past the default search pipeline of an index, in one place', () => {
    expect(sources().length).toBeGreaterThan(100)
    expect(filesWith(SEARCHING)).toEqual(['opensearch/internal-search.ts', ...SEARCHES_FOR_USERS])
  })

  test('use no request that obeys that pipeline and cannot be told otherwise', () => {
    expect(filesWith(OBEYING_THE_PIPELINE)).toEqual([])
  })

  test('are found by these patterns', () => {
    for (const call of ['client.search({ index })', 'this.#client\n  .search({', 'other.msearch(\n  {'])
      expect(call).toMatch(SEARCHING)
    for (const call of ['client.count({ index })', 'client.reindex({', "path: '/i/_update_by_query'"])
      expect(call).toMatch(OBEYING_THE_PIPELINE)
    for (const other of ['queries.search(text)', 'rows.count()', 'doc_count: 3'])
      expect(other).not.toMatch(SEARCHING)
  })

  test('switch the pipeline off and refuse half an answer', async () => {
    const sent: object[] = []
    const client = {
      search: async (request: object) => {
        sent.push(request)
        return { body: { hits: { total: { value: 7 } } } }
      },
      msearch: async (request: object) => {
        sent.push(request)
        return { body: { responses: [] } }
      },
    } as never
    await internalSearch(client, { index: 'a', body: { size: 3 } })
    expect(await countDocuments(client, { index: 'a' })).toBe(7)
    await internalSearches(client, 'a', [{ size: 1 }])
    const off = { search_pipeline: '_none' }
    expect(sent).toEqual([
      { index: 'a', allow_partial_search_results: false, body: { size: 3, ...off } },
      {
        index: 'a',
        preference: undefined,
        allow_partial_search_results: false,
        body: { size: 0, track_total_hits: true, ...off },
      },
      {
        body: [
          { index: 'a', allow_partial_search_results: false },
          { size: 1, ...off },
        ],
      },
    ])
  })
})
