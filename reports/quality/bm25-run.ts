import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import type { Client } from '@opensearch-project/opensearch'
import { lexicalQuery } from '../../pipelines/index.ts'
import { readBeirDocuments } from '../../quality/beir.ts'
import type { Run, ScoredDocument } from '../../quality/metrics.ts'
import { SUM_DEPTH, without } from './quality-figures.ts'

const FIELD = 'text'

/** BM25 of the engine with the analyzer `english` and one shard, in an index that is made for the run and removed. */
export async function bm25Run(
  client: Client,
  directory: string,
  queries: ReadonlyMap<string, string>,
): Promise<Run> {
  const folder = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 8)
  const index = `lexpand-bm25-${basename(resolve(directory)).toLowerCase()}-${folder}`
  await client.indices.delete({ index }, { ignore: [404] })
  await client.indices.create({
    index,
    body: {
      settings: { number_of_shards: 1, number_of_replicas: 0 },
      mappings: { properties: { [FIELD]: { type: 'text', analyzer: 'english' } } },
    },
  })
  try {
    await client.helpers.bulk({
      datasource: readBeirDocuments(directory),
      onDocument: ({ id, text }) => [{ index: { _index: index, _id: id } }, { [FIELD]: text }] as never,
      onDrop: ({ document }) => {
        throw new Error(
          `[report] expected every document in ${index}, got ${JSON.stringify(document)} refused.`,
        )
      },
    })
    await client.indices.forcemerge({ index, max_num_segments: 1 })
    await client.indices.refresh({ index })
    const run = new Map<string, ScoredDocument[]>()
    for (const [id, text] of queries) {
      const query = lexicalQuery({ plain: [FIELD] }, text)
      const reply = await client.search({ index, body: { query, size: SUM_DEPTH + 1, _source: false } })
      const hits = reply.body.hits.hits.map(({ _id = '', _score }) => ({
        id: _id,
        score: Number(_score ?? 0),
      }))
      run.set(id, without(id, hits, SUM_DEPTH))
    }
    return run
  } finally {
    await client.indices.delete({ index }, { ignore: [404] })
  }
}
