import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { seededRandom } from '../bench/seeded-random.ts'

/** What a client knows to be stored: every write was acknowledged. */
export interface Known {
  readonly text: string
  readonly n: number
  /** Whether the last change of the text passed the ingest pipeline. */
  readonly isStamped: boolean
}

export interface Writers {
  /** id -> document, for all that exist. */
  readonly known: ReadonlyMap<string, Known>
  /** Writes that were acknowledged, and those that had to be repeated because the index was blocked. */
  readonly counts: { writes: number; blocked: number }
  /** Longest time from the first try of a write to its acknowledgement. */
  longestMs(): number
  /** Resolves when the writes under way are acknowledged. */
  stop(): Promise<void>
}

const WORDS = 'rain car bread moon bird music tea paris river stone green old quick paper cloud'.split(' ')

export function textOf(id: number, n: number): string {
  return [id, id >> 2, n, n + id].map((at) => WORDS[at % WORDS.length]).join(' ')
}

/**
 * Clients that write to an alias all the time as applications do: inserts, full updates, partial updates alone and in
 * a bulk (which the pipeline does not see), and deletes. Each has documents of its own, so the last acknowledged
 * write is what has to be there.
 */
export function startWriters(
  client: Client,
  alias: string,
  known: Map<string, Known>,
  { writers = 2, pauseMs = 10, seed = 1 } = {},
): Writers {
  const counts = { writes: 0, blocked: 0 }
  let longest = 0
  let isStopping = false
  // The same writes in every run.
  const uniform = seededRandom(seed)
  const random = (below: number) => Math.floor(uniform() * below)
  let inserted = 0
  const one = async (writer: number) => {
    const own = [...known.keys()].filter((id) => Number(id.slice(1)) % writers === writer)
    while (!isStopping) {
      const kind = random(10)
      const at = random(own.length)
      const id = own[at] ?? ''
      const number = Number(id.slice(1))
      const before = known.get(id)
      const n = counts.writes + 1
      if (kind === 0) {
        const fresh = `d${(100_000 + inserted++) * writers + writer}`
        await bulk([{ index: { _id: fresh } }, { text: textOf(n, n), n }])
        known.set(fresh, { text: textOf(n, n), n, isStamped: true })
        own.push(fresh)
      } else if (before === undefined || kind <= 3) {
        await bulk([{ index: { _id: id } }, { text: textOf(number, n), n }])
        known.set(id, { text: textOf(number, n), n, isStamped: true })
      } else if (kind <= 5) {
        await bulk([{ update: { _id: id } }, { doc: { text: textOf(number, n), n } }])
        known.set(id, { text: textOf(number, n), n, isStamped: false })
      } else if (kind === 6) {
        // Another field only: the vector stays.
        await bulk([{ update: { _id: id } }, { doc: { n } }])
        known.set(id, { ...before, n })
      } else if (kind === 7) {
        await acknowledged(() =>
          client.update({
            index: alias,
            id,
            body: { doc: { text: textOf(number, n), n } },
            retry_on_conflict: 10,
          } as never),
        )
        known.set(id, { text: textOf(number, n), n, isStamped: true })
      } else if (kind === 8) {
        await bulk([{ delete: { _id: id } }])
        known.delete(id)
      } else {
        // The pipeline stamps the part that is sent, as if it were all: the document becomes pending and is looked at.
        await bulk([{ update: { _id: id } }, { doc: { n }, doc_as_upsert: true }])
        known.set(id, { ...before, n, isStamped: false })
      }
      counts.writes++
      await sleep(pauseMs)
    }
  }
  const bulk = (lines: object[]) =>
    acknowledged(async () => {
      const reply = await client.bulk({ index: alias, body: lines as never })
      const item = Object.values(reply.body.items[0] ?? {})[0]
      if ((item?.status ?? 500) >= 300) {
        throw Object.assign(new Error(JSON.stringify(item)), { statusCode: item?.status })
      }
    })
  const acknowledged = async (write: () => Promise<unknown>) => {
    const startedAt = performance.now()
    for (;;) {
      try {
        await write()
        longest = Math.max(longest, performance.now() - startedAt)
        return
      } catch (error) {
        const { statusCode } = error as { statusCode?: number }
        if (statusCode !== 403 && statusCode !== 409) throw error
        if (statusCode === 403) counts.blocked++
        await sleep(20)
      }
    }
  }
  const running = Promise.all(Array.from({ length: writers }, (_, writer) => one(writer)))
  running.catch(() => {})
  return {
    known,
    counts,
    longestMs: () => longest,
    async stop() {
      isStopping = true
      await running
    },
  }
}
