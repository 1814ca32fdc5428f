import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { indexPages } from '../../quality/index-pages.ts'
import { states, wrongVectors } from '../fixtures/stored-vectors.ts'
import { testEncoder } from '../fixtures/test-encoder.ts'
import type { Ledger } from './ledger.ts'

export interface Verdict {
  readonly live: number
  /** Acknowledged documents that are missing or have another text. */
  readonly lost: readonly string[]
  /** Deleted documents that exist. */
  readonly resurrected: readonly string[]
  /** Documents that are not `ready` with the vector of their present text. */
  readonly wrong: readonly string[]
}

/** Compares every document of the index with the acknowledged writes. */
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
  await client.indices.refresh({ index })
  for await (const page of indexPages(client, index)) {
    const documents = new Map(page.map(({ _id, _source }) => [_id, _source] as const))
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
