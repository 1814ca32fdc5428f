import { expect, onTestFinished, test } from 'vitest'
import { reindex } from '../indices/index.ts'
import { countDocuments } from '../opensearch/internal-search.ts'
import { search } from '../pipelines/index.ts'
import { audit, openQueue, sweep } from '../workers/index.ts'
import { removeRun } from './fixtures/reindex-fixture.ts'
import { workerFixture } from './fixtures/worker-fixture.ts'

const FILTER = { term: { visible: true } }

test('a filtered alias hides documents from searches, and none from a reindex, which keeps the filter', async () => {
  const fixture = await workerFixture('filtered')
  const { client, index, model, redis } = fixture
  const queue = await openQueue({ redis, model })
  const [alias, to] = [`${index}-live`, `${index}-v2`]
  onTestFinished(async () => {
    await removeRun(index, to)
    await queue.close()
  })
  await client.indices.putAlias({ index, name: alias, body: { filter: FILTER } })
  await client.bulk({
    index,
    body: Array.from({ length: 40 }, (_, n) => [
      { index: { _id: String(n) } },
      { text: `rain number ${n}`, visible: n % 4 !== 0 },
    ]).flat(),
  })
  await fixture.startWorker()
  await sweep(client, queue, index)
  await queue.idle()
  await client.indices.refresh({ index })
  const seen = async () => {
    const found = []
    for (const mode of ['sparse', 'hybrid'] as const) {
      const { hits } = await search(client, model, { index: alias, text: 'rain', mode, size: 50 })
      found.push(hits.length, hits.filter(({ source }) => source?.visible !== true).length)
    }
    return found
  }
  expect(await seen()).toEqual([30, 0, 30, 0])

  await reindex({ client, queue, from: alias, to, pruning: { type: 'top_k', k: 6 }, gate: { minOverlap: 0 } })
  expect(await countDocuments(client, { index: to })).toBe(40)
  const { body } = await client.indices.getAlias({ name: alias })
  expect(body).toEqual({ [to]: { aliases: { [alias]: { filter: FILTER } } } })
  expect(await seen()).toEqual([30, 0, 30, 0])
  expect(await audit(client, to, { graceSeconds: 0 })).toMatchObject({ documents: 40, problems: 0 })
  const moved = await client.search({ index: to, body: { size: 100 } })
  const documents = new Map(
    moved.body.hits.hits.map(({ _id = '', _source }) => [_id, _source ?? {}] as const),
  )
  expect([...documents.values()].every((source) => 'text_sparse' in source)).toBe(true)
})
