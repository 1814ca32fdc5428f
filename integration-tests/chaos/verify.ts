import type { API, Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { states, wrongVectors } from '../stored-vectors.ts'
import { testEncoder } from '../test-encoder.ts'
import type { Ledger } from './ledger.ts'

export interface Verdict {
  readonly live: number
  /** Acknowledged documents that are not there, or with another text. */
  readonly lost: readonly string[]
  /** Deleted documents that are there. */
  readonly resurrected: readonly string[]
  /** Documents that are not `ready` with the vector of their present text. */
  readonly wrong: readonly string[]
}

const PAGE = 1_000

/** Compares every document of the index with what the writers were told. */
export async function verify(
  client: Client,
  index: string,
  fixture: { readonly model: Model; readonly specification: IndexSpecification },
  ledger: Ledger,
): Promise<Verdict> {
  const missing = new Map(ledger.live())
  const live = missing.size
  const verdict = { lost: [] as string[], resurrected: [] as string[], wrong: [] as string[] }
  const encoder = testEncoder(fixture.model)
  for await (const documents of pages(client, index)) {
    for (const [id, source] of documents) {
      if (ledger.textOf(id) === undefined) verdict.resurrected.push(id)
      else if (ledger.textOf(id) !== source.text) verdict.lost.push(id)
      missing.delete(id)
    }
    const unready = [...documents].filter(([id, source]) => states(new Map([[id, source]])).ready !== 1)
    verdict.wrong.push(...unready.map(([id]) => id))
    verdict.wrong.push(...(await wrongVectors(fixture, documents, encoder)))
  }
  verdict.lost.push(...missing.keys())
  return { live, ...verdict, wrong: [...new Set(verdict.wrong)] }
}

async function* pages(client: Client, index: string): AsyncGenerator<Map<string, Record<string, unknown>>> {
  await client.indices.refresh({ index })
  const opened = await client.createPit({ index: [index], keep_alive: '5m' })
  const pit = opened.body.pit_id
  try {
    for (let after: unknown; ; ) {
      const reply = await client.search({
        body: {
          size: PAGE,
          pit: { id: pit, keep_alive: '5m' },
          sort: [{ _shard_doc: 'asc' }],
          ...(after === undefined ? {} : { search_after: after as API.Search_RequestBody['search_after'] }),
        } as API.Search_RequestBody,
      })
      const { hits } = reply.body.hits
      yield new Map(hits.map((hit) => [String(hit._id), hit._source as Record<string, unknown>] as const))
      if (hits.length < PAGE) return
      after = hits.at(-1)?.sort
    }
  } finally {
    await client.deletePit({ body: { pit_id: [pit] } }).catch(() => {})
  }
}
