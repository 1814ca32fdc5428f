import type { Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, installIndex } from '../../mappings/index.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { type EncodeQueue, enqueue, type SourceDocument } from '../../workers/index.ts'
import { beginInPlace, fillInPlace, findIndex } from '../../workers/reindex/index.ts'

export const INGEST_WAYS = ['push', 'hook', 'reindex'] as const
/** push: `enqueue`. hook: plain bulk requests, ingest pipeline and sweeper. reindex: an index is filled in place. */
export type IngestWay = (typeof INGEST_WAYS)[number]

export interface IngestTarget {
  readonly client: Client
  readonly queue: EncodeQueue
  readonly index: string
  readonly specification: IndexSpecification
  readonly documents: readonly SourceDocument[]
  /** Number of primary shards; there are no replicas. */
  readonly shards: number
}

/** Both steps end when the driver has done its part; documents may still be encoded then. */
export interface WaySteps {
  /** Preparation before the clock starts. */
  prepare(target: IngestTarget): Promise<void>
  run(target: IngestTarget): Promise<void>
}

export const WAYS: Readonly<Record<IngestWay, WaySteps>> = {
  push: {
    prepare: install,
    async run({ documents, ...target }) {
      const { failed, errors } = await enqueue(target, documents)
      if (failed > 0) throw refused(failed, errors[0]?.reason ?? '')
    },
  },
  hook: { prepare: install, run: bulkWrite },
  reindex: {
    async prepare(target) {
      const { client, index } = target
      await client.indices.create({
        index,
        body: { settings: { number_of_shards: target.shards, number_of_replicas: 0 } as object },
      })
      await bulkWrite(target)
      await client.indices.refresh({ index })
    },
    async run(target) {
      const { client, queue, index, specification } = target
      await install(target)
      const found = await findIndex(client, index)
      if (found === undefined) throw refused(1, `no index ${index}`)
      const run = await beginInPlace(client, found, specification, new AbortController().signal)
      try {
        await fillInPlace({ client, queue, run })
      } finally {
        await run.close()
      }
    },
  },
}

async function install({ client, index, specification, shards }: IngestTarget): Promise<void> {
  await installIndex(client, index, specification, { shards, replicas: 0 })
  await installIngestPipeline(client, index, specification)
}

/** Number of documents of a request; about as many as clients send. */
const BULK_DOCUMENTS = 500

/** Writes as any client of OpenSearch does. */
async function bulkWrite({ client, index, documents }: IngestTarget): Promise<void> {
  for (let at = 0; at < documents.length; at += BULK_DOCUMENTS) {
    const body = documents
      .slice(at, at + BULK_DOCUMENTS)
      .flatMap(({ id, source }) => [{ index: id === undefined ? {} : { _id: id } }, source])
    const reply = await client.bulk({ index, body: body as never })
    if (reply.body.errors) throw refused(documents.length, JSON.stringify(reply.body.items[0]))
  }
}

function refused(count: number, reason: string): LexpandError {
  return new LexpandError(
    'INPUT',
    `[bench] expected the engine to take every document, got ${count} refused: ${reason}. Correct or remove them.`,
  )
}
