import type { ChildProcess } from 'node:child_process'
import { afterAll, expect, inject, test, vi } from 'vitest'
import { installIndex, specificationFor } from '../../mappings/index.ts'
import { loadModel } from '../../models/index.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { lexpand } from '../fixtures/run-cli.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'

const index = uniqueName('cli-worker')
const client = testClient(inject('opensearchUrl'))

afterAll(() => removeIndices(client, index))

test('a worker finds at its start what other clients wrote, encodes it, and stops in order', async () => {
  const model = await loadModel()
  const options = { fields: ['text'] }
  const specification = specificationFor(model, options)
  await installIndex(client, index, specification)
  await installIngestPipeline(client, index, specification)
  // Written as any client would: the pipeline stamps it, and no job knows of it.
  await client.index({ index, id: '1', body: { text: 'Currently New York is rainy.' }, refresh: true })

  let running: ChildProcess | undefined
  const finished = lexpand(['worker', '--json'], {
    onStarted: (child) => {
      running = child
    },
  })
  try {
    const state = async () => (await client.get({ index, id: '1' })).body._source?.lexpand.state
    await vi.waitFor(async () => expect(await state()).toBe('ready'), { timeout: 60_000, interval: 200 })
  } finally {
    running?.kill('SIGTERM')
  }
  const { code, stdout } = await finished
  expect(JSON.parse(stdout)).toMatchObject({ ready: 1, failed: 0 })
  expect(code).toBe(0)
})
