import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../mappings/index.ts'
import { readJson } from '../sources/json/read-json.ts'
import { LexpandError } from '../sparse/errors.ts'
import { type EncodeQueue, enqueue } from '../workers/index.ts'

/** Memory of the process after a full garbage collection. */
export interface MemorySample {
  /** Number of lines read so far. */
  readonly lines: number
  readonly seconds: number
  /** Live objects of JavaScript. */
  readonly heap_bytes: number
  /** Buffers outside the heap. */
  readonly external_bytes: number
  /** Memory of the whole process, including free memory that the allocator keeps. */
  readonly resident_bytes: number
}

/**
 * Sends lines of JSONL, made on the fly, through every step of a push: bytes to lines, parsing, hashes, stamps,
 * requests, jobs. Engine and queue are stubs that accept everything and keep nothing, so any growth is Lexpand's.
 *
 * @param at numbers of lines, ascending, at which memory is measured; the last one ends the run
 * @throws LexpandError INPUT when a line got lost
 */
export async function streamLines(
  at: readonly number[],
  specification: IndexSpecification,
  onSample: (sample: MemorySample) => void = () => undefined,
): Promise<MemorySample[]> {
  const collectGarbage = garbageCollector()
  const startedAt = performance.now()
  const samples: MemorySample[] = []
  const lines = at.at(-1) ?? 0
  async function* sampled() {
    let read = 0
    for await (const record of readJson(jsonl(lines), 'generated', undefined, () => undefined)) {
      yield record
      read++
      if (read !== at[samples.length]) continue
      collectGarbage()
      const { heapUsed, external, rss } = process.memoryUsage()
      const seconds = (performance.now() - startedAt) / 1_000
      const sample = {
        lines: read,
        seconds,
        heap_bytes: heapUsed,
        external_bytes: external,
        resident_bytes: rss,
      }
      samples.push(sample)
      onSample(sample)
    }
  }
  const index = 'stub'
  const { queued } = await enqueue(
    { client: stubEngine(), queue: stubQueue(specification), index, specification },
    sampled(),
  )
  if (queued === lines) return samples
  throw new LexpandError(
    'INPUT',
    `[bench] expected ${lines} documents in the queue, got ${queued}. Report this.`,
  )
}

const CHUNK_BYTES = 65_536
/** Distinct texts of about 150 bytes: texts kept by mistake cannot share memory. */
const WORDS = 'rain falls on stone roofs while quiet engines carry letters over the northern bridge'

async function* jsonl(lines: number): AsyncGenerator<Uint8Array> {
  let text = ''
  for (let line = 0; line < lines; line++) {
    text += `{"_id":"document-${line}","title":"number ${line * 7919}","text":"${WORDS} ${line} ${line * 31}"}\n`
    if (text.length < CHUNK_BYTES) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text)
}

/** A client that stores nothing and accepts everything. */
function stubEngine(): Client {
  let sequence = 0
  const client = {
    mget: async ({ body }: { body: { docs: readonly object[] } }) => ({
      body: { docs: body.docs.map((doc) => ({ ...doc, found: false })) },
    }),
    async bulk({ index, body }: { index: string; body: readonly string[] }) {
      // The client serializes the request as one text.
      Buffer.from(body.join('\n'))
      const items = Array.from({ length: body.length / 2 }, () => ({
        index: { _index: index, _seq_no: sequence++, _primary_term: 1, status: 201 },
      }))
      return { body: { items } }
    },
  }
  return client as unknown as Client
}

function stubQueue({ model }: IndexSpecification): EncodeQueue {
  const queue: Pick<EncodeQueue, 'add' | 'isFull' | 'model'> = {
    model,
    isFull: async () => false,
    add: async (_index, _fingerprint, documents) => ({ jobs: 1, documents: documents.length }),
  }
  return queue as EncodeQueue
}

/** Node hides it unless started with an option; without it, the amount of live memory would be random. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}
