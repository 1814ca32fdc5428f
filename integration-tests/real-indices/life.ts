import type { API, Client } from '@opensearch-project/opensearch'
import { installTargetPipeline } from '../../indices/reindex-pipeline.ts'
import { type IndexSpecification, installIndex } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { readShards } from '../../opensearch/shard-changes.ts'
import { installIngestPipeline, type SearchRequest, search } from '../../pipelines/index.ts'
import { type EncodeQueue, enqueue, sweep } from '../../workers/index.ts'
import { beginBeside, migrate } from '../../workers/reindex/index.ts'
import { nextSpecification, removeRun } from '../fixtures/reindex-fixture.ts'
import { testIndexSpecification } from '../fixtures/stored-vectors.ts'
import { removeIndices, uniqueName } from '../fixtures/test-index.ts'
import { until } from '../fixtures/until.ts'
import { examine, type Findings } from './oracle.ts'
import { type Change, ownNames, type Shape, type Writer } from './shape.ts'

/** Services that all shapes share. */
export interface House {
  readonly client: Client
  readonly queue: EncodeQueue
  readonly model: Model
}

export interface Life {
  readonly documents: number
  /** Findings of the oracle after push, hook and sweep, and in the index that it was moved to. */
  readonly found: readonly Findings[]
  /** Ids in search results that the owner hides, or that no client wrote. */
  readonly leaked: readonly string[]
  /** Searches without a hit. */
  readonly unanswered: number
  readonly finished: () => Promise<void>
}

const WORDS = 'rain car bread moon bird music tea paris river stone green old quick paper cloud sun'.split(
  ' ',
)

/** A text of its own for every document and version. */
export function textOf(id: number, version: number): string {
  return [id, (id >> 4) + version, version, version + id].map((at) => WORDS[at % WORDS.length]).join(' ')
}

/** The whole life of an index: documents before Lexpand, set-up, push, clients, sweep, audit, search, reindex. */
export async function live(house: House, shape: Shape): Promise<Life> {
  const run = new Run(house, shape)
  try {
    await run.found()
    await run.use()
    if (shape.reindexes ?? true) await run.move()
    return run.life()
  } catch (error) {
    await run.clear()
    throw error
  }
}

class Run {
  readonly #house: House
  readonly #shape: Shape
  readonly #known = new Map<string, { source: Record<string, unknown>; routing?: string | undefined }>()
  readonly #findings: Findings[] = []
  readonly #made: string[]
  readonly #specification: IndexSpecification
  #index: string
  #version = 0
  readonly #leaked = new Set<string>()
  #unanswered = 0

  constructor(house: House, shape: Shape) {
    this.#house = house
    this.#shape = shape
    this.#index = uniqueName('shape')
    this.#made = [this.#index]
    this.#specification = testIndexSpecification(house.model, shape.fields ?? ['text'])
  }

  get #window(): number {
    return Number(this.#shape.settings?.max_result_window ?? 10_000)
  }

  get #place() {
    return { client: this.#house.client, index: this.#index }
  }

  /** The owner's index with documents, then set-up, then their first vectors. */
  async found(): Promise<void> {
    const { client } = this.#house
    const { settings, properties, mapping, fields = ['text'] } = this.#shape
    await this.#shape.before?.(this.#place)
    const text = Object.fromEntries(fields.map((field) => [field, { type: 'text' }]))
    await client.indices.create({
      index: this.#index,
      body: {
        settings: { number_of_shards: 1, number_of_replicas: 0, ...settings },
        mappings: { ...mapping, properties: { ...text, ...properties } },
      } as API.Indices_Create_RequestBody,
    })
    for (let id = 0; id < 8; id++) await this.#write(id)
    await this.#writeMore()
    await this.#change(this.#shape.owned)
    await installIndex(client, this.#index, this.#specification)
    await installIngestPipeline(client, this.#index, this.#specification)
    await this.#settle()
    await this.#change(this.#shape.changed)
    for (const id of this.#shape.touches ?? []) {
      const document = this.#known.get(id)
      if (document !== undefined) document.source = { ...document.source, price: 5 }
    }
  }

  async #change(change: Change | undefined): Promise<void> {
    const name = await change?.(this.#place)
    if (name === undefined) return
    this.#made.push(name)
    this.#index = name
  }

  /** Everything that changes documents. */
  async use(): Promise<void> {
    const { client, queue } = this.#house
    const index = this.#index
    if (this.#shape.pushes ?? true) {
      const documents = [20, 21, 22, 0].map((id) => this.#next(id))
      const report = await enqueue(
        { client, queue, index, specification: this.#specification },
        documents.map(({ id, routing, source }) => ({ id, routing, source })),
      )
      if (report.errors.length > 0) throw new Error(JSON.stringify(report.errors))
    }
    for (const id of [30, 31, 1, 2]) await this.#write(id)
    // Past the pipeline, as a partial update in a bulk request is.
    await this.#update(3, { bulk: true })
    await this.#update(4, { bulk: false })
    await this.#remove(5)
    await this.#settle()
    this.#findings.push(await this.#examine(index, this.#specification))
    await this.#search()
  }

  /** To a new index behind an alias. */
  async move(): Promise<void> {
    const { client, queue, model } = this.#house
    const old = this.#index
    const alias = `${old}-live`
    const to = `${old}-v2`
    this.#made.push(to)
    const specification = nextSpecification(model, this.#shape.fields)
    const { signal } = new AbortController()
    const begun = await beginBeside({ client, name: old, to, specification, alias, signal })
    try {
      const defaultPipeline = begun.old.settings['index.default_pipeline'] as string | undefined
      await installTargetPipeline(client, { name: old, defaultPipeline }, to, specification)
      await migrate({
        client,
        queue,
        run: begun.run,
        oldSpecification: begun.old.specification,
        later: begun.later,
        gate: async () => {},
      })
    } finally {
      await begun.run.close()
    }
    this.#findings.push(await this.#examine(to, specification))
    this.#index = to
    await this.#search()
  }

  life(): Life {
    return {
      documents: this.#known.size,
      found: this.#findings,
      leaked: [...this.#leaked],
      unanswered: this.#unanswered,
      finished: () => this.clear(),
    }
  }

  async clear(): Promise<void> {
    const { client } = this.#house
    for (const name of this.#made) await removeRun(name, `${name}-v2`)
    await removeIndices(client, ...this.#made)
    const { search: searches, ingest, final, template } = ownNames(this.#made[0] ?? '')
    for (const path of [
      `/_search/pipeline/${searches}`,
      `/_ingest/pipeline/${ingest}`,
      `/_ingest/pipeline/${final}`,
      `/_index_template/${template}`,
    ]) {
      await client.transport.request({ method: 'DELETE', path }, { ignore: [404] })
    }
  }

  #next(number: number) {
    const id = `d${number}`
    const version = ++this.#version
    const { source = (text: string) => ({ text }), routing } = this.#shape
    const document = { source: source(textOf(number, version), id), routing: routing?.(id) }
    this.#known.set(id, document)
    return { id, version, ...document }
  }

  async #write(number: number): Promise<void> {
    await (this.#shape.write ?? byBulk)(this.#place, this.#next(number))
  }

  async #writeMore(): Promise<void> {
    const { more = 0 } = this.#shape
    if (more === 0) return
    const { client, index } = this.#place
    const documents = Array.from({ length: more }, (_, at) => this.#next(100 + at))
    const body = documents.flatMap(({ id, routing, source }) => [
      { index: { _id: id, ...(routing === undefined ? {} : { routing }) } },
      source,
    ])
    expectTaken(await client.bulk({ index, body: body as API.Bulk_RequestBody }))
  }

  async #update(number: number, { bulk }: { readonly bulk: boolean }): Promise<void> {
    const { client, index } = this.#place
    const { id, routing, source } = this.#next(number)
    const place = routing === undefined ? {} : { routing }
    if (!bulk) {
      await client.update({ index, id, ...place, body: { doc: source } })
      return
    }
    const body = [{ update: { _id: id, ...place } }, { doc: source }]
    expectTaken(await client.bulk({ index, body: body as API.Bulk_RequestBody }))
  }

  async #remove(number: number): Promise<void> {
    const id = `d${number}`
    const routing = this.#known.get(id)?.routing
    this.#known.delete(id)
    const { client, index } = this.#place
    await client.delete({ index, id, ...(routing === undefined ? {} : { routing }) })
  }

  async #settle(): Promise<void> {
    const { client, queue } = this.#house
    // With a log that is written later, the sweep that comes after it finds what was written.
    await until(async () => {
      const { shards } = await readShards(client, this.#index)
      const isThere = shards.every(({ globalCheckpoint, maxSeqNo }) => globalCheckpoint >= maxSeqNo)
      if (!isThere) await client.indices.flush({ index: this.#index })
      return isThere
    })
    await sweep(client, queue, this.#index)
    await queue.idle()
  }

  async #search(): Promise<void> {
    const { client, model } = this.#house
    const { isVisible = () => true } = this.#shape
    const size = Math.min(10, this.#window)
    const ways: readonly Partial<SearchRequest>[] = [
      { mode: 'sparse' },
      { mode: 'sparse', twoPhase: { cut: 3, prove: true } },
      { mode: 'hybrid' },
      { fusion: { type: 'rrf' } },
      { fusion: { type: 'min_max' } },
    ]
    for (const way of ways) {
      const request = { index: this.#index, text: 'rain car bread moon', size, ...way }
      const { hits } = await search(client, model, request)
      if (hits.length === 0) this.#unanswered++
      for (const { id } of hits) if (!this.#known.has(id) || !isVisible(id)) this.#leaked.add(id)
    }
  }

  #examine(index: string, specification: IndexSpecification): Promise<Findings> {
    const { client, model } = this.#house
    return examine({ client, index, pageSize: this.#window }, { model, specification }, this.#known)
  }
}

const byBulk: Writer = async ({ client, index }, { id, routing, source }) => {
  const body = [{ index: { _id: id, ...(routing === undefined ? {} : { routing }) } }, source]
  expectTaken(await client.bulk({ index, body: body as API.Bulk_RequestBody }))
}

function expectTaken({ body }: API.Bulk_Response): void {
  if (body.errors) throw new Error(JSON.stringify(body.items))
}
