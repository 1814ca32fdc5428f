import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Encoder } from '../sparse/index.ts'
import { audit, type EnqueueReport, enqueue, openVectorCache, sweep } from '../workers/index.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

describe('a full load of documents that are there already', () => {
  test('through enqueue: what is the same is not written, the same text keeps its vector, the rest is encoded', async () => {
    const fixture = await workerFixture('reuse-enqueue')
    const { client, queue, index } = fixture
    const encoder = counting(fixture.encoder())
    await fixture.startWorker(encoder)
    expect(await load(fixture, articles(300))).toMatchObject({
      indexed: 300,
      unchanged: 0,
      kept: 0,
      queued: 300,
    })
    await queue.idle()
    const before = await fixture.documents()
    const encoded = encoder.windows

    const again = articles(300).map((article, at) => {
      if (at < 10) return changed(article, { price: at + 0.5 })
      if (at < 15) return changed(article, { text: `new text ${at}` })
      return article
    })
    expect(await load(fixture, again)).toMatchObject({
      read: 300,
      indexed: 15,
      unchanged: 285,
      kept: 10,
      queued: 5,
      failed: 0,
    })
    await queue.idle()
    expect(encoder.windows).toBe(encoded + 5)
    const after = await fixture.documents()
    expect(after.get('a3')).toEqual({ ...before.get('a3'), price: 3.5 })
    await expectAllReady(fixture, after, fixture.encoder())
    expect(await audit(client, index)).toMatchObject({ ready: 300, problems: 0 })
  })

  test('a change that comes between reading the vector and writing is not overwritten with that vector', async () => {
    const fixture = await workerFixture('reuse-race')
    const { client, queue, index, specification } = fixture
    await fixture.startWorker()
    await load(fixture, articles(1))
    await queue.idle()
    // Another client writes another text after the last read of the vector.
    const racing = Object.create(client)
    let reads = 0
    racing.mget = async (request: never) => {
      const reply = await client.mget(request)
      if (++reads === 2) await client.index({ index, id: 'a0', body: { text: 'somebody else' } })
      return reply
    }
    const documents = [changed(articles(1)[0], { price: 9 })]
    const report = await enqueue({ client: racing, queue, index, specification }, documents)
    expect(report).toMatchObject({ indexed: 1, kept: 0, queued: 1 })
    await queue.idle()
    const after = await fixture.documents()
    expect(after.get('a0')).toMatchObject({ price: 9, text: 'article number 0' })
    await expectAllReady(fixture, after, fixture.encoder())
  })

  test('through enqueue: a sparse query finds the document at every moment', async () => {
    const fixture = await workerFixture('reuse-visible')
    const { client, queue, index, specification } = fixture
    await fixture.startWorker()
    await load(fixture, articles(200))
    await queue.idle()
    const vector = (await fixture.documents()).get('a7')?.[specification.sparse_field] as Record<
      string,
      number
    >
    const [piece = ''] = Object.keys(vector)
    const found = async () => {
      const { body } = await client.search({
        index,
        body: {
          query: {
            bool: {
              filter: [{ ids: { values: ['a7'] } }],
              must: [{ rank_feature: { field: `${specification.sparse_field}.${piece}`, linear: {} } }],
            },
          },
        },
      })
      return body.hits.hits.length
    }
    const loading = (async () => {
      for (let night = 1; night <= 5; night++) {
        const report = await load(
          fixture,
          articles(200).map((one) => changed(one, { night })),
        )
        expect(report).toMatchObject({ kept: 200, queued: 0 })
        await client.indices.refresh({ index })
      }
    })()
    let isLoading = true
    const seen: number[] = []
    const done = loading.finally(() => {
      isLoading = false
    })
    while (isLoading) {
      seen.push(await found())
      await turn()
    }
    await done
    expect(seen.length).toBeGreaterThan(10)
    expect(new Set(seen)).toEqual(new Set([1]))
  })

  test('by a client that knows nothing of Lexpand: the vector cache saves the encoding', async () => {
    const fixture = await workerFixture('reuse-cache')
    const { client, queue, index } = fixture
    const encoder = counting(fixture.encoder())
    const vectorCache = openVectorCache({ file: cacheFile(), onWarning: unexpected })
    onTestFinished(() => vectorCache.close())
    const worker = await fixture.startWorker(encoder, { vectorCache })
    const plainLoad = async () => {
      await client.bulk({
        index,
        body: articles(200).flatMap(({ id, source }) => [{ index: { _id: id } }, source]) as never,
      })
      await sweep(client, queue, index)
      await queue.idle()
      return fixture.documents()
    }
    const before = await plainLoad()
    await expectAllReady(fixture, before, fixture.encoder())
    const encoded = encoder.calls
    expect(encoded).toBeGreaterThan(0)

    // A plain index request carries no vector, so the stamp has nothing to keep.
    const after = await plainLoad()
    expect(encoder.calls).toBe(encoded)
    expect(worker.stats).toMatchObject({ ready: 400, cached: 200 })
    for (const [id, document] of after) {
      expect(document.text_sparse).toEqual(before.get(id)?.text_sparse)
    }
    await expectAllReady(fixture, after, fixture.encoder())
  })
})

describe('an update of other fields', () => {
  test('keeps the vector, alone and in a bulk request, and queues nothing', async () => {
    const fixture = await workerFixture('reuse-update')
    const { client, queue, index } = fixture
    await fixture.startWorker()
    await load(fixture, articles(2))
    await queue.idle()
    const before = await fixture.documents()
    await client.update({ index, id: 'a0', body: { doc: { price: 5 } } })
    await client.bulk({ index, body: [{ update: { _id: 'a1' } }, { doc: { price: 6 } }] as never })
    const after = await fixture.documents()
    expect(after.get('a0')).toEqual({ ...before.get('a0'), price: 5 })
    expect(after.get('a1')).toEqual({ ...before.get('a1'), price: 6 })
    expect(await audit(client, index)).toMatchObject({ ready: 2, problems: 0 })
  })
})

interface Article {
  readonly id: string
  readonly source: Readonly<Record<string, unknown>>
}

function articles(count: number): Article[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `a${at}`,
    source: { text: `article number ${at}`, price: at, tags: ['x', 'y'], seller: { rank: at, names: ['n'] } },
  }))
}

function changed(article: Article | undefined, fields: object): Article {
  return { id: article?.id ?? '', source: { ...article?.source, ...fields } }
}

function load(
  { client, queue, index, specification }: WorkerFixture,
  documents: readonly Article[],
): Promise<EnqueueReport> {
  return enqueue({ client, queue, index, specification }, documents)
}

/** Counts what an encoder has to do. */
function counting(encoder: Encoder): Encoder & { readonly calls: number; readonly windows: number } {
  const counts = { calls: 0, windows: 0 }
  return {
    get calls() {
      return counts.calls
    },
    get windows() {
      return counts.windows
    },
    encode(batch) {
      counts.calls++
      counts.windows += batch.length
      return encoder.encode(batch)
    },
    dispose: () => encoder.dispose(),
  }
}

function cacheFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-cache-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'vectors.sqlite')
}

function unexpected(message: string): never {
  throw new Error(message)
}
