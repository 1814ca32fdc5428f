import { expect, test } from 'vitest'
import { SPECIFICATION, stubClient } from '../../testing/test-fixtures.ts'
import type { EncodeQueue, QueuedDocument } from '../queue/queue.ts'
import { enqueue } from './enqueue.ts'

const documents = Array.from({ length: 2_500 }, (_, at) => ({
  id: String(at),
  source: { text: `text ${at}` },
}))

test('all that is stored is queued while the queue has room', async () => {
  const { report, stored, queued } = await run(() => false)
  expect(report).toMatchObject({ indexed: 2_500, queued: 2_500 })
  expect(queued).toEqual(stored)
})

test('a full queue gets no more; the documents are stored, for a sweep', async () => {
  const { report, stored, queued } = await run((known) => known >= 896)
  expect(report).toMatchObject({ indexed: 2_500, failed: 0, queued: 896 })
  expect(stored).toHaveLength(2_500)
  expect(queued).toEqual(stored.slice(0, 896))
})

/** @param isFull gets the number of documents that are queued already */
async function run(isFull: (queued: number) => boolean) {
  const stored: string[] = []
  const queued: string[] = []
  const client = stubClient({
    mget: ({ body }: { body: { docs: object[] } }) => ({
      docs: body.docs.map((doc) => ({ ...doc, found: false })),
    }),
    bulk: ({ body }: { body: string[] }) => ({
      items: body.flatMap((line, at) => {
        if (at % 2 === 1) return []
        stored.push(JSON.parse(line).index._id)
        return { index: { _index: 'a', _seq_no: stored.length, _primary_term: 1, status: 201 } }
      }),
    }),
  })
  const queue: Pick<EncodeQueue, 'add' | 'isFull' | 'model'> = {
    model: SPECIFICATION.model,
    isFull: async () => isFull(queued.length),
    async add(_index, _fingerprint, added: readonly QueuedDocument[]) {
      queued.push(...added.map(({ id }) => id))
      return { jobs: 1, documents: added.length }
    },
  }
  const target = { client, queue: queue as EncodeQueue, index: 'a', specification: SPECIFICATION }
  return { report: await enqueue(target, documents), stored, queued }
}
