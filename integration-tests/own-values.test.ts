import { expect, test } from 'vitest'
import { setUp } from '../indices/index.ts'
import { findLetters } from '../workers/dead-letters/dead-letter-store.ts'
import { audit, sweep } from '../workers/index.ts'
import { workerFixture } from './fixtures/worker-fixture.ts'

test.each([['internal'], ['external']] as const)(
  'with %s versions, a value that the owner had under our name before set-up stays, and a letter says why there is no vector',
  async (versioning) => {
    const fixture = await workerFixture(`own-values-${versioning}`)
    const { client, index, model, queue } = fixture
    // The owner's mapping ignores the content of documents: values under Lexpand's name are stored without being indexed.
    await client.indices.delete({ index })
    await client.indices.create({
      index,
      body: { mappings: { dynamic: false as never, properties: { text: { type: 'text' } } } },
    })
    const lexpand = 'a brand'
    await client.index({ index, id: 'brand', body: { text: 'rain', lexpand } })
    await client.index({ index, id: 'thin', body: { text: 'rain', text_sparse: 'thin' } })
    await client.index({ index, id: 'plain', body: { text: 'rain' } })
    await setUp(client, model, index, { fields: ['text'], versioning })
    await fixture.startWorker()
    for (let round = 0; round < 2; round++) {
      await sweep(client, queue, index)
      await queue.idle()
    }
    const documents = await fixture.documents()
    expect(documents.get('brand')).toEqual({ text: 'rain', lexpand })
    expect(documents.get('thin')).toEqual({ text: 'rain', text_sparse: 'thin' })
    expect(documents.get('plain')).toMatchObject({ lexpand: { state: 'ready' } })
    const letters = await findLetters(client, index, [{ id: 'brand' }, { id: 'thin' }])
    const found = [...letters.values()].map(({ letter }) => letter)
    expect(found.map(({ state_refused }) => state_refused)).toEqual([true, true])
    expect(found[0]?.reason).toContain('expected no value of its own in field lexpand')
    expect(await audit(client, index, { graceSeconds: 0 })).toMatchObject({
      documents: 3,
      ready: 1,
      pending: 2,
    })
  },
)
