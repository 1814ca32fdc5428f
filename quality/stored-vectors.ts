import type { Client } from '@opensearch-project/opensearch'
import { ExactRanking } from './exact-ranking.ts'
import { indexPages } from './index-pages.ts'

/** Reads the vectors of a whole index back from the source; the engine ranks with fewer bits. */
export async function readStoredVectors(
  client: Client,
  index: string,
  sparseField: string,
): Promise<ExactRanking> {
  const exact = new ExactRanking()
  for await (const page of indexPages(client, index, [sparseField])) {
    for (const { _id, _source } of page) {
      const vector = (_source as Record<string, Record<string, number>> | undefined)?.[sparseField]
      if (vector !== undefined) exact.add(_id, Object.entries(vector))
    }
  }
  return exact
}
