import { expect, test } from 'vitest'
import { enqueue } from '../../workers/index.ts'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'
import { until } from '../fixtures/until.ts'
import { workerFixture } from '../fixtures/worker-fixture.ts'

test('indices tells model, fields, coverage, age and queue, and a paused queue keeps its jobs until resume', async () => {
  const fixture = await workerFixture('cli-indices')
  const { client, index, model, queue, specification } = fixture
  const target = { client, queue, index, specification }
  const documents = ['a', 'b', 'c'].map((id) => ({ id, source: { text: `the text of ${id}` } }))
  await enqueue(target, [...documents, { id: 'none', source: { text: '' } }])
  await client.indices.refresh({ index })
  const rowOf = async () => (await lexpandJson(['indices', '--index', index])).result.indices[0]

  const { code, result } = await lexpandJson(['queue', 'pause', '--index', index])
  expect(code).toBe(0)
  expect(result.queues).toEqual([
    { name: queue.name, paused: true, waiting: 1, active: 0, failed: 0, workers: 0, indices: [index] },
  ])
  await fixture.startWorker()
  await until(async () => (await queue.jobs.getWorkersCount()) === 1)
  expect(await rowOf()).toMatchObject({
    index,
    model: { name: model.manifest.name, version: model.manifest.version },
    fields: ['text'],
    fingerprint: specification.fingerprint,
    documents: 4,
    ready: 0,
    pending: 3,
    empty: 1,
    failed: 0,
    coverage: 0.25,
    queue: { name: queue.name, paused: true, waiting: 1, active: 0, workers: 1 },
  })
  const table = await lexpand(['indices', '--index', index])
  expect(table.stdout).toMatch(
    new RegExp(`^${index} .* text +4 +25\\.0% +3 +\\d+ s +0 +paused, 1 waiting, 0 running, 1 worker$`, 'm'),
  )

  const resumed = await lexpand(['queue', 'resume', '--index', index])
  expect(resumed).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${queue.name} resumed (${index})`),
  })
  await until(async () => {
    await client.indices.refresh({ index })
    const { coverage, queue: held } = await rowOf()
    return coverage === 1 && !held.paused && held.waiting === 0
  })
})

test('an index that Lexpand did not set up is refused by queue, and not listed by indices', async () => {
  const { client, index } = await workerFixture('cli-indices-foreign')
  const foreign = `${index}-foreign`
  await client.indices.create({ index: foreign })
  try {
    const { code, stderr } = await lexpand(['queue', 'pause', '--index', foreign])
    expect(code).toBe(1)
    expect(stderr).toContain(`expected ${foreign} to be set up by Lexpand`)
    const { result } = await lexpandJson(['indices'])
    const names = result.indices.map((row: { index: string }) => row.index)
    expect(names).toContain(index)
    expect(names).not.toContain(foreign)
  } finally {
    await client.indices.delete({ index: foreign })
  }
})
