import type { Client } from '@opensearch-project/opensearch'
import { resultWindow } from '../opensearch/index-limits.ts'
import { internalSearch } from '../opensearch/internal-search.ts'
import { filtersOf, type NumberedHit, type PageRequest, readWholeGroups } from '../opensearch/whole-groups.ts'

export interface StoredHit {
  readonly _id: string
  readonly _source: Readonly<Record<string, unknown>>
}

const PAGE = 1_000

/**
 * Pages over every document of an index at one point in time; the last page may be empty.
 *
 * @param fields fields of the source to read; by default all of it
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
    const read = async (request: PageRequest) => {
      const reply = await internalSearch(client, {
        body: {
          size,
          query: { bool: filtersOf('_seq_no', request) },
          pit: { id: pit, keep_alive: '5m' },
          sort: [{ _seq_no: 'asc' }],
          ...(fields === undefined ? {} : { _source: fields }),
          track_total_hits: false,
        },
      })
      const hits = reply.body.hits.hits as object[] as (StoredHit & NumberedHit)[]
      return { hits, isFull: hits.length === size }
    }
    for (let after = -1, isLast = false; !isLast; ) {
      const page = await readWholeGroups({ gte: after + 1, lte: Number.MAX_SAFE_INTEGER }, read)
      yield [...page.hits]
      after = page.upTo
      isLast = page.isLast
    }
  } finally {
    await client.deletePit({ body: { pit_id: pit === undefined ? [] : [pit] } }).catch(() => undefined)
  }
}
