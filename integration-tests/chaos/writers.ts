import { setTimeout as sleep } from 'node:timers/promises'
import type { API, Client } from '@opensearch-project/opensearch'
import { seededRandom } from '../../quality/seeded-random.ts'
import type { Ledger } from './ledger.ts'
import { sectionsOf } from './owned-index.ts'
import { pick } from './pick.ts'

export interface WriterOptions {
  readonly client: Client
  readonly index: string
  readonly ledger: Ledger
  readonly seed: number
  /** Number of this writer: it alone writes ids that begin with it, so that it knows what must be there. */
  readonly writer: number
  readonly documents: number
  /** Whether whole documents carry text in nested objects, too. */
  readonly hasSections: boolean
}

/** Ways in which a text reaches the index; all but `bulk-partial` run the ingest pipeline. */
type Route = 'bulk-index' | 'bulk-partial' | 'put' | 'update' | 'delete' | 'other-field'

const BATCH = 40
const UPDATES: readonly [Route, ...Route[]] = [
  'bulk-index',
  'bulk-index',
  'bulk-partial',
  'bulk-partial',
  'put',
  'update',
  'other-field',
  'delete',
]
const WORDS =
  'rain wind snow river bridge garden market bread violin engine copper planet harbour lantern winter orchard'.split(
    ' ',
  ) as [string, ...string[]]

/**
 * Inserts, updates (whole and partial, with and without the ingest pipeline) and deletes as an ordinary client
 * does, and repeats every write until it is acknowledged: each is idempotent.
 */
export async function write(options: WriterOptions): Promise<void> {
  const { ledger, writer, documents } = options
  const random = seededRandom(options.seed * 1_000 + writer)
  const ids: string[] = []
  let version = 0
  const text = (id: string) => `${pick(random, WORDS)} ${pick(random, WORDS)} of ${id} version ${version++}`
  while (ids.length < documents) {
    const batch = new Map<string, Write>()
    const inserts = Math.min(BATCH, documents - ids.length)
    for (let n = 0; n < inserts; n++) {
      const id = `w${writer}-${ids.length}`
      ids.push(id)
      batch.set(id, { route: 'bulk-index', text: text(id) })
    }
    for (let n = 0; n < BATCH; n++) {
      const id = ids[Math.floor(random() * ids.length)] as string
      if (batch.has(id)) continue
      const present = ledger.textOf(id)
      const route = present === undefined ? 'bulk-index' : pick(random, UPDATES)
      batch.set(id, { route, text: nextText(route, present, () => text(id)) })
    }
    await send(options, batch)
    for (const [id, { text: written }] of batch) ledger.set(id, written)
  }
}

interface Write {
  readonly route: Route
  readonly text: string | undefined
}

function nextText(route: Route, present: string | undefined, fresh: () => string): string | undefined {
  if (route === 'delete') return undefined
  return route === 'other-field' ? present : fresh()
}

async function send(
  { client, index, hasSections }: WriterOptions,
  batch: ReadonlyMap<string, Write>,
): Promise<void> {
  const bulk: [string, Write][] = []
  for (const [id, write] of batch) {
    const body = bodyOf(write, hasSections)
    if (write.route === 'put') await untilTaken(() => client.index({ index, id, body }))
    else if (write.route === 'update')
      await untilTaken(() => client.update({ index, id, body: { doc: body } }))
    else bulk.push([id, write])
  }
  let open = bulk
  while (open.length > 0) {
    open = await untilTaken(async () => {
      const reply = await client.bulk({
        index,
        body: open.flatMap(([id, write]) =>
          linesOf(id, write, hasSections),
        ) as unknown as API.Bulk_RequestBody,
      })
      return open.filter((_, at) => !isDone(Object.values(reply.body.items[at] ?? {})[0]?.status))
    })
    if (open.length > 0) await sleep(200)
  }
}

function bodyOf({ text }: Write, hasSections: boolean): object {
  return { text, views: 1, ...(hasSections ? sectionsOf(text) : {}) }
}

function linesOf(id: string, write: Write, hasSections: boolean): string[] {
  const { route, text } = write
  const line = (action: object) => JSON.stringify(action)
  if (route === 'delete') return [line({ delete: { _id: id } })]
  if (route === 'bulk-partial') return [line({ update: { _id: id } }), line({ doc: { text } })]
  if (route === 'other-field') return [line({ update: { _id: id } }), line({ doc: { views: 2 } })]
  return [line({ index: { _id: id } }), line(bodyOf(write, hasSections))]
}

/** A delete that is repeated finds nothing any more. */
function isDone(status = 500): boolean {
  return status < 300 || status === 404
}

/** Repeats a request until the engine, which may be dead at the moment, takes it. */
async function untilTaken<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request()
    } catch {
      await sleep(250)
    }
  }
}
