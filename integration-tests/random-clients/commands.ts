import type { API, Client } from '@opensearch-project/opensearch'
import fc from 'fast-check'
import { type IndexSpecification, installIndex } from '../../mappings/index.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { type EncodeQueue, enqueue, sweep } from '../../workers/index.ts'
import { textOf } from '../real-indices/life.ts'
import type { Known } from '../real-indices/oracle.ts'

/** The owner's index as clients find it. */
export interface Setting {
  readonly shards: 1 | 2 | 4
  readonly window: number
  /** Whether `_source` leaves vectors out. */
  readonly isLean: boolean
  /** Whether clients number the versions of their documents. */
  readonly isExternal: boolean
}

/** What clients know of the index without asking. */
export interface Expected {
  readonly setting: Setting
  readonly documents: Map<string, Written>
  shards: number
  /** Counts writes; also the external version. */
  version: number
}

type Written = NonNullable<ReturnType<Known['get']>>

/** The index itself; clients write to `alias`. */
export interface Actual {
  readonly client: Client
  readonly queue: EncodeQueue
  readonly specification: IndexSpecification
  readonly alias: string
  /** Every index that was made, the present one last. */
  readonly indices: string[]
}

type Command = fc.AsyncCommand<Expected, Actual>

/** Commands of clients and owners, as many of each kind as real life has more of it. */
export function clientCommands(maxCommands: number): fc.Arbitrary<Iterable<Command>> {
  const id = fc.nat(11).map((at) => `d${at}`)
  const write = (way: keyof typeof WRITES) => id.map((one): Command => new Write(way, one))
  return fc.commands(
    [
      write('whole'),
      write('whole past the hook'),
      write('upsert'),
      write('upsert in a bulk'),
      write('text in a bulk'),
      write('text by script'),
      write('other field'),
      write('other field in a bulk'),
      write('push'),
      id.map((one): Command => new Remove(one)),
      fc.uniqueArray(id, { minLength: 2, maxLength: 8 }).map((ids): Command => new Burst(ids)),
      fc.constant<Command>(new Sweep()),
      fc.constantFrom<Command>(new Resize('clone'), new Resize('shrink'), new Resize('split')),
      fc.constantFrom<Command>(new SearchPipeline(true), new SearchPipeline(false)),
      fc.constantFrom<Command>(new Hook(true), new Hook(false)),
      fc.constant<Command>(new SetUpAgain()),
    ],
    // Unlike the default, a run is about as long as it may be: what goes wrong needs several steps.
    { maxCommands, size: 'max' },
  )
}

interface Target {
  readonly actual: Actual
  readonly id: string
  readonly source: Readonly<Record<string, unknown>>
  readonly version: number
}

/** Ways of a client to write. Each is said to be taken, or throws. */
const WRITES = {
  whole: {
    isWhole: true,
    run: ({ actual, id, source }: Target) => actual.client.index({ index: actual.alias, id, body: source }),
  },
  'whole past the hook': {
    isWhole: true,
    run: ({ actual, id, source }: Target) =>
      actual.client.index({ index: actual.alias, id, body: source, pipeline: '_none' }),
  },
  upsert: {
    isWhole: false,
    run: ({ actual, id, source }: Target) =>
      actual.client.update({
        index: actual.alias,
        id,
        retry_on_conflict: 10,
        body: { doc: source, doc_as_upsert: true },
      }),
  },
  'upsert in a bulk': {
    isWhole: false,
    run: ({ actual, id, source }: Target) => bulk(actual, updateOf(id, { doc: source, doc_as_upsert: true })),
  },
  'text in a bulk': {
    isWhole: false,
    run: ({ actual, id, source }: Target) => bulk(actual, updateOf(id, { doc: { text: source.text } })),
  },
  'text by script': {
    isWhole: false,
    run: ({ actual, id, source }: Target) =>
      actual.client.update({
        index: actual.alias,
        id,
        retry_on_conflict: 10,
        body: {
          script: { source: 'ctx._source.text = params.text', params: { text: source.text } } as never,
        },
      }),
  },
  'other field': {
    isWhole: false,
    run: ({ actual, id, source }: Target) =>
      actual.client.update({
        index: actual.alias,
        id,
        retry_on_conflict: 10,
        body: { doc: { price: source.price } },
      }),
  },
  'other field in a bulk': {
    isWhole: false,
    run: ({ actual, id, source }: Target) => bulk(actual, updateOf(id, { doc: { price: source.price } })),
  },
  push: {
    isWhole: true,
    async run({ actual, id, source, version }: Target) {
      const { client, queue, specification } = actual
      const place = { client, queue, index: presentOf(actual), specification }
      const { errors } = await enqueue(place, [{ id, source, version }])
      if (errors.length > 0) throw new Error(JSON.stringify(errors))
    },
  },
} as const

const NEEDS_DOCUMENT = new Set<string>([
  'text in a bulk',
  'text by script',
  'other field',
  'other field in a bulk',
])

class Write implements Command {
  readonly #way: keyof typeof WRITES
  readonly #id: string

  constructor(way: keyof typeof WRITES, id: string) {
    this.#way = way
    this.#id = id
  }

  /** An update raises the version that its document's own client counts, so owners of external versions write whole. */
  check({ documents, setting }: Expected): boolean {
    if (setting.isExternal) return this.#way === 'whole' || this.#way === 'push'
    return documents.has(this.#id) || !NEEDS_DOCUMENT.has(this.#way)
  }

  async run(expected: Expected, actual: Actual): Promise<void> {
    const { source, version } = next(expected, this.#id, this.#way)
    if (expected.setting.isExternal && this.#way === 'whole') {
      const { client, alias } = actual
      await client.index({ index: alias, id: this.#id, version, version_type: 'external', body: source })
    } else await WRITES[this.#way].run({ actual, id: this.#id, source, version })
    expected.documents.set(this.#id, { source })
  }

  toString = () => `${this.#way} ${this.#id}`
}

class Remove implements Command {
  readonly #id: string

  constructor(id: string) {
    this.#id = id
  }

  check({ documents }: Expected): boolean {
    return documents.has(this.#id)
  }

  async run(expected: Expected, { client, alias }: Actual): Promise<void> {
    const version = ++expected.version
    const numbered = expected.setting.isExternal ? { version, version_type: 'external' as const } : {}
    await client.delete({ index: alias, id: this.#id, ...numbered })
    expected.documents.delete(this.#id)
  }

  toString = () => `delete ${this.#id}`
}

/** Several documents at once, so that the worker is in the middle of one when the next changes. */
class Burst implements Command {
  readonly #ids: readonly string[]

  constructor(ids: readonly string[]) {
    this.#ids = ids
  }

  check(): boolean {
    return true
  }

  async run(expected: Expected, actual: Actual): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await Promise.all(this.#ids.map((id) => new Write('whole', id).run(expected, actual)))
    }
  }

  toString = () => `three times each ${this.#ids.join(' ')}`
}

class Sweep implements Command {
  check(): boolean {
    return true
  }

  async run(_: Expected, actual: Actual): Promise<void> {
    await sweep(actual.client, actual.queue, presentOf(actual))
  }

  toString = () => 'sweep'
}

/** Makes another index of the same documents inside the engine, and moves the alias to it. */
class Resize implements Command {
  readonly #how: 'clone' | 'shrink' | 'split'

  constructor(how: 'clone' | 'shrink' | 'split') {
    this.#how = how
  }

  check({ shards, documents }: Expected): boolean {
    if (documents.size === 0) return false
    return this.#how === 'clone' || (this.#how === 'shrink' ? shards > 1 : shards < 4)
  }

  async run(expected: Expected, { client, alias, indices }: Actual): Promise<void> {
    const from = indices.at(-1) ?? ''
    const to = `${indices[0]}-${indices.length}`
    const shards = { clone: expected.shards, shrink: expected.shards / 2, split: expected.shards * 2 }[
      this.#how
    ]
    await client.indices.addBlock({ index: from, block: 'write' })
    const settings = {
      'index.number_of_shards': shards,
      'index.number_of_replicas': 0,
      'index.blocks.write': null,
    }
    indices.push(to)
    await client.transport.request({
      method: 'PUT',
      path: `/${from}/_${this.#how}/${to}`,
      body: { settings },
    })
    await client.cluster.health({ index: to, wait_for_status: 'yellow' })
    const actions = [{ add: { index: to, alias, is_write_index: true } }, { remove_index: { index: from } }]
    await client.indices.updateAliases({ body: { actions } })
    expected.shards = shards
  }

  toString = () => this.#how
}

/** Something that the owner switches on or off at any time. */
abstract class Switch implements Command {
  protected readonly isThere: boolean

  constructor(isThere: boolean) {
    this.isThere = isThere
  }

  check(): boolean {
    return true
  }

  abstract run(expected: Expected, actual: Actual): Promise<void>

  abstract toString(): string
}

/** The owner hides everything from searches, or nothing. */
class SearchPipeline extends Switch {
  async run(_: Expected, actual: Actual): Promise<void> {
    const name = actual.alias
    if (this.isThere) {
      const body = { request_processors: [{ filter_query: { query: { term: { visible: true } } } }] }
      await actual.client.transport.request({ method: 'PUT', path: `/_search/pipeline/${name}`, body })
    }
    await actual.client.indices.putSettings({
      index: presentOf(actual),
      body: { 'index.search.default_pipeline': this.isThere ? name : '_none' } as object,
    })
  }

  toString(): string {
    return this.isThere ? 'hide all from searches' : 'hide nothing from searches'
  }
}

/** The owner takes the ingest pipeline off, or puts it back. */
class Hook extends Switch {
  async run(_: Expected, actual: Actual): Promise<void> {
    const { client, specification } = actual
    const index = presentOf(actual)
    if (this.isThere) await installIngestPipeline(client, index, specification)
    else await client.indices.putSettings({ index, body: { 'index.default_pipeline': '_none' } as object })
  }

  toString(): string {
    return this.isThere ? 'hook on' : 'hook off'
  }
}

class SetUpAgain implements Command {
  check(): boolean {
    return true
  }

  async run(_: Expected, actual: Actual): Promise<void> {
    await installIndex(actual.client, presentOf(actual), actual.specification)
  }

  toString = () => 'set up again'
}

export function presentOf({ indices }: Actual): string {
  return indices.at(-1) ?? ''
}

function next(expected: Expected, id: string, way: keyof typeof WRITES) {
  const version = ++expected.version
  const before = expected.documents.get(id)?.source
  const fresh = { text: textOf(Number(id.slice(1)), version), price: version }
  const { isWhole } = WRITES[way]
  if (isWhole || before === undefined) return { version, source: fresh }
  if (way.startsWith('text')) return { version, source: { ...before, text: fresh.text } }
  if (way.startsWith('other')) return { version, source: { ...before, price: fresh.price } }
  return { version, source: { ...before, ...fresh } }
}

function updateOf(id: string, body: object): object[] {
  return [{ update: { _id: id, retry_on_conflict: 10 } }, body]
}

async function bulk({ client, alias }: Actual, body: readonly object[]): Promise<void> {
  const reply = await client.bulk({ index: alias, body: body as API.Bulk_RequestBody })
  if (reply.body.errors) throw new Error(JSON.stringify(reply.body.items))
}
