import type { Client } from '@opensearch-project/opensearch'
import { internalSearch } from '../opensearch/internal-search.ts'
import { resultWindow } from '../opensearch/result-window.ts'

export interface StoredHit {
  readonly _id: string
  readonly _source: Readonly<Record<string, unknown>>
}

const PAGE = 1_000

/**
 * Every document of an index as it is at one point in time, in pages; the last page may be empty.
 *
 * @param fields of the source that are read; all of it when left out
 */
export async function* indexPages(
  client: Client,
  index: string,
  fields?: readonly string[],
): AsyncGenerator<StoredHit[]> {
  const size = Math.min(PAGE, await resultWindow(client, index))
  const opened = await client.createPit({ index: [index], keep_alive: '5m' })
  const pit = opened.body.pit_id
  try {
    for (let after: unknown; ; ) {
      const reply = await internalSearch(client, {
        body: {
          size,
          pit: { id: pit, keep_alive: '5m' },
          sort: [{ _shard_doc: 'asc' }],
          ...(after === undefined ? {} : { search_after: after }),
          ...(fields === undefined ? {} : { _source: fields }),
          track_total_hits: false,
        },
      })
      const { hits } = reply.body.hits
      yield hits as object[] as StoredHit[]
      if (hits.length < size) return
      after = hits.at(-1)?.sort
    }
  } finally {
    await client.deletePit({ body: { pit_id: pit === undefined ? [] : [pit] } }).catch(() => undefined)
  }
}
