import type { Client } from '@opensearch-project/opensearch'
import { translateEngineError } from '../../mappings/index.ts'
import { resultWindow } from '../../opensearch/index-limits.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import type { SourceRecord } from '../../sources/record.ts'
import { PARENT_FIELD, PASSAGE_FIELD } from '../../sources/text/cut-records.ts'

/**
 * Passes passages on and removes those of an earlier, longer version of the same document: otherwise the last passages
 * of a shortened document would be found for ever.
 *
 * @param passages passages, those of one document one after the other, with numbers from 1
 */
export async function* withoutStalePassages(
  passages: AsyncIterable<SourceRecord>,
  client: Client,
  index: string,
): AsyncGenerator<SourceRecord> {
  const counts = new Map<string, number>()
  for await (const record of passages) {
    const { [PARENT_FIELD]: parent, [PASSAGE_FIELD]: number } = record.source
    if (typeof parent === 'string' && typeof number === 'number') {
      if (counts.size >= BATCH && !counts.has(parent)) await removeBeyond(client, index, counts)
      counts.set(parent, Math.max(number, counts.get(parent) ?? 0))
    }
    yield record
  }
  await removeBeyond(client, index, counts)
}

/** Each takes two clauses; the engine allows 1,024. */
const BATCH = 200
const PAGE = 1_000

async function removeBeyond(client: Client, index: string, counts: Map<string, number>): Promise<void> {
  const should = [...counts].map(([parent, count]) => ({
    bool: {
      filter: [
        { term: { [PARENT_FIELD]: { value: parent } } },
        { range: { [PASSAGE_FIELD]: { gt: count } } },
      ],
    },
  }))
  counts.clear()
  if (should.length === 0) return
  try {
    const size = Math.min(PAGE, await resultWindow(client, index))
    for (;;) {
      const reply = await internalSearch(client, {
        index,
        body: { size, _source: false, query: { bool: { should, minimum_should_match: 1 } } },
      })
      const hits = reply.body.hits.hits as readonly { _id?: string; _index: string; _routing?: string }[]
      if (hits.length === 0) return
      await client.bulk({
        refresh: true,
        body: hits.map(({ _id, _index, _routing }) => ({
          delete: { _id: _id ?? '', _index, ...(_routing === undefined ? {} : { routing: _routing }) },
        })),
      })
      if (hits.length < size) return
    }
  } catch (error) {
    throw translateEngineError(error, { part: 'index', index })
  }
}
