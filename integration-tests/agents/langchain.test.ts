import { randomUUID } from 'node:crypto'
import { Document } from '@langchain/core/documents'
import { RunnableLambda } from '@langchain/core/runnables'
import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { setUp } from '../../indices/index.ts'
import { LexpandDocuments, LexpandRetriever } from '../../integrations/langchain/index.ts'
import { loadModel, type Model } from '../../models/index.ts'
import { openQueue, startWorker } from '../../workers/index.ts'
import { untilEncoded } from '../../workers/sweep/until-encoded.ts'
import { testEncoder } from '../fixtures/test-encoder.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { tenantIndex } from './agent-index.ts'

const cleanUps: (() => Promise<unknown>)[] = []
let client: Client
let model: Model
let index = ''

beforeAll(async () => {
  index = (await tenantIndex((cleanUp) => cleanUps.push(cleanUp))).index
  client = testClient(inject('opensearchUrl'))
  cleanUps.push(() => client.close())
  model = await loadModel()
})

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

const QUERY = 'wing bird river'

/** The retriever suite of the Python package langchain-tests, test by test; JavaScript has none. */
describe('the standard tests of retrievers', () => {
  test.each([1, 3])('test_k_constructor_param: k=%i', async (k) => {
    const documents = await new LexpandRetriever({ client, model, index, k }).invoke(QUERY)
    expect(documents).toHaveLength(k)
    for (const document of documents) expect(document).toBeInstanceOf(Document)
  })

  test.each([1, 3])('test_invoke_with_k_kwarg: k=%i', async (k) => {
    const retriever = new LexpandRetriever({ client, model, index })
    expect(await retriever.invoke(QUERY, { k })).toHaveLength(k)
    // For that call alone.
    expect(await retriever.invoke(QUERY)).toHaveLength(4)
  })

  test('test_invoke_returns_documents', async () => {
    const documents = await new LexpandRetriever({ client, model, index }).invoke(QUERY)
    expect(documents.length).toBeGreaterThan(0)
    for (const { pageContent } of documents) expect(pageContent).not.toBe('')
  })

  test('test_ainvoke_returns_documents: many at once, in the order of the questions', async () => {
    const retriever = new LexpandRetriever({ client, model, index })
    const [first, second] = await retriever.batch([QUERY, 'king queen'])
    expect(first?.map(({ id }) => id)).toEqual((await retriever.invoke(QUERY)).map(({ id }) => id))
    expect(second?.map(({ id }) => id)).not.toEqual(first?.map(({ id }) => id))
  })
})

describe('a retriever', () => {
  test('gives callbacks the question and the documents, also with another k', async () => {
    for (const options of [{}, { k: 2 }]) {
      const events: unknown[] = []
      const callbacks = [
        {
          handleRetrieverStart: (_: unknown, query: string) => void events.push(query),
          handleRetrieverEnd: (documents: unknown[]) => void events.push(documents.length),
        },
      ]
      const retriever = new LexpandRetriever({ client, model, index, callbacks })
      const documents = await retriever.invoke(QUERY, options)
      expect(events).toEqual([QUERY, documents.length])
    }
  })

  test('tells callbacks of an error, which is that of search', async () => {
    const errors: Error[] = []
    const callbacks = [{ handleRetrieverError: (error: Error) => void errors.push(error) }]
    const retriever = new LexpandRetriever({ client, model, index: uniqueName('missing'), callbacks })
    await expect(retriever.invoke(QUERY)).rejects.toMatchObject({ code: 'INDEX' })
    expect(errors).toHaveLength(1)
  })

  test('ends with the signal of its call', async () => {
    const retriever = new LexpandRetriever({ client, model, index })
    const signal = AbortSignal.abort(new Error('lost interest'))
    await expect(retriever.invoke(QUERY, { signal })).rejects.toThrow()
  })

  test('takes what search takes, and says why where it is asked to', async () => {
    const request = { filter: { term: { tenant: 'acme' } }, explain: true } as const
    const documents = await new LexpandRetriever({ client, model, index, k: 20, request }).invoke(QUERY)
    expect(documents).toHaveLength(20)
    for (const { metadata } of documents) {
      expect(metadata.tenant).toBe('acme')
      expect(metadata.lexpand.score).toBeGreaterThan(0)
      expect(metadata.lexpand.explanation).toBeInstanceOf(Array)
    }
  })

  test('is a part of a chain', async () => {
    const chain = new LexpandRetriever({ client, model, index, k: 2 }).pipe(
      RunnableLambda.from((documents: Document[]) => documents.length),
    )
    expect(await chain.invoke(QUERY)).toBe(2)
  })
})

describe('documents of LangChain', () => {
  async function store() {
    const own = uniqueName('langchain')
    // A separate model identity gives the test its own queue.
    const identity = randomUUID().replaceAll('-', '').repeat(2)
    const model = { ...(await loadModel()), identity }
    await setUp(client, model, own, { fields: ['text'] })
    const redis = inject('redisUrl')
    const queue = await openQueue({ redis, model })
    const encoder = testEncoder(model)
    const worker = await startWorker({ client, redis, model, encoder })
    onTestFinished(async () => {
      await worker.close()
      await queue.close()
      await removeIndices(client, own)
    })
    return {
      documents: new LexpandDocuments({ client, model, queue, index: own }),
      encoded: () => untilEncoded({ client, queue, index: own }),
    }
  }

  test('are stored, encoded, found with their metadata, and deleted', async () => {
    const { documents, encoded } = await store()
    const metadata = { source: 'a.pdf', page: 3, tags: ['x', 'y'], loc: { lines: { from: 1 } } }
    const ids = await documents.addDocuments([
      new Document({ pageContent: 'the moon pulls the water of the sea', metadata, id: 'tides' }),
      new Document({ pageContent: 'yeast makes the dough rise' }),
    ])
    expect(ids[0]).toBe('tides')
    expect(ids[1]).toMatch(/^[0-9a-f-]{36}$/)
    await encoded()
    const retriever = documents.asRetriever({ k: 1, request: { mode: 'sparse' } })
    const [found] = await retriever.invoke('water of the sea')
    expect(found).toMatchObject({ id: 'tides', pageContent: 'the moon pulls the water of the sea', metadata })
    // Documents can be stored again in the form in which a retriever returned them.
    expect(await documents.addDocuments(found === undefined ? [] : [found])).toEqual(['tides'])
    await documents.delete({ ids: ['tides', 'never-there'] })
    await encoded()
    expect((await retriever.invoke('water of the sea')).map(({ id }) => id)).not.toContain('tides')
  })

  test('that cannot be stored are named with the reason', async () => {
    const { documents } = await store()
    const taken = new Document({ pageContent: 'x', metadata: { text: 'y' } })
    await expect(documents.addDocuments([taken])).rejects.toThrow('metadata without text')
    const one = new Document({ pageContent: 'x' })
    await expect(documents.addDocuments([one], { ids: ['a', 'b'] })).rejects.toThrow('an id for each of 1')
    await documents.addDocuments([new Document({ pageContent: 'x', metadata: { year: 2024 } })])
    const other = new Document({ pageContent: 'x', metadata: { year: 'none' }, id: 'odd' })
    await expect(documents.addDocuments([other])).rejects.toThrow(/odd: .*year/)
  })
})
