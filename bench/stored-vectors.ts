import type { API, Client } from '@opensearch-project/opensearch'
import { ExactRanking } from './exact-ranking.ts'

const PAGE = 1_000

/** Reads the vectors of a whole index back, as they were stored (in the source; the engine ranks by fewer bits). */
export async function readStoredVectors(
  client: Client,
  index: string,
  sparseField: string,
): Promise<ExactRanking> {
  const exact = new ExactRanking()
  const opened = await client.createPit({ index: [index], keep_alive: '5m' })
  const pit = opened.body.pit_id
  try {
    for (let after: unknown[] | undefined; ; ) {
      const reply = await client.search({
        body: {
          size: PAGE,
          pit: { id: pit, keep_alive: '5m' },
          sort: [{ _shard_doc: 'asc' }],
          ...(after === undefined ? {} : { search_after: after }),
          _source: [sparseField],
          track_total_hits: false,
        } as object as API.Search_RequestBody,
      })
      const { hits } = reply.body.hits
      for (const { _id, _source } of hits) {
        const vector = (_source as Record<string, Record<string, number>> | undefined)?.[sparseField]
        if (_id !== undefined && vector !== undefined) exact.add(_id, Object.entries(vector))
      }
      if (hits.length < PAGE) return exact
      after = hits.at(-1)?.sort
    }
  } finally {
    await client.deletePit({ body: { pit_id: pit === undefined ? [] : [pit] } }).catch(() => undefined)
  }
}
