import type { Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, SIDECAR } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { audit } from '../../workers/index.ts'
import { states, wrongVectors } from '../fixtures/stored-vectors.ts'
import { testEncoder } from '../fixtures/test-encoder.ts'

/** id -> what its client last wrote, routing included. */
export type Known = ReadonlyMap<string, { readonly source: object; readonly routing?: string | undefined }>

export interface Findings {
  readonly missing: string[]
  readonly undead: string[]
  /** With other fields than the client wrote. */
  readonly changed: string[]
  /** Without exactly the vector of their present text. */
  readonly wrong: string[]
  readonly states: Readonly<Record<string, number>>
  /** What the audit says, for those counts that a healthy index has. */
  readonly audit: { readonly documents: number; readonly ready: number; readonly problems: number }
}

/**
 * Looks at every document past everything that the owner has put before it, and compares it with what the client knows.
 * A healthy index gives {@link healthy}.
 */
export async function examine(
  client: Client,
  index: string,
  { model, specification }: { readonly model: Model; readonly specification: IndexSpecification },
  known: Known,
  pageSize: number,
): Promise<Findings> {
  const stored = await everything(client, index, pageSize)
  const own = new Map([...stored].map(([id, source]) => [id, ownFields(source, specification)]))
  const { documents, ready, problems } = await audit(client, index, { graceSeconds: 0 })
  return {
    missing: [...known.keys()].filter((id) => !stored.has(id)),
    undead: [...stored.keys()].filter((id) => !known.has(id)),
    changed: [...known].flatMap(([id, { source }]) =>
      own.has(id) && canonical(own.get(id)) !== canonical(source) ? [id] : [],
    ),
    wrong: await wrongVectors({ model, specification }, stored, testEncoder(model)),
    states: states(stored),
    audit: { documents, ready, problems },
  }
}

export function healthy(documents: number): Findings {
  return {
    missing: [],
    undead: [],
    changed: [],
    wrong: [],
    states: { ready: documents },
    audit: { documents, ready: documents, problems: 0 },
  }
}

/** Not through our own reader, and told in the URL to pass the owner's search pipeline by. */
async function everything(
  client: Client,
  index: string,
  pageSize: number,
): Promise<Map<string, Record<string, unknown>>> {
  await client.indices.refresh({ index })
  const found = new Map<string, Record<string, unknown>>()
  for (;;) {
    const reply = await client.transport.request({
      method: 'POST',
      path: `/${encodeURIComponent(index)}/_search`,
      querystring: { search_pipeline: '_none', size: String(pageSize) },
      // Without those that were seen, since the owner may have a small window.
      body: { query: { bool: { must_not: { ids: { values: [...found.keys()] } } } } },
    })
    const hits = (reply.body as { hits: { hits: { _id: string; _source: Record<string, unknown> }[] } }).hits
      .hits
    for (const { _id, _source } of hits) found.set(_id, _source)
    if (hits.length < pageSize) return found
  }
}

function ownFields(source: Readonly<Record<string, unknown>>, { sparse_field }: IndexSpecification): object {
  return Object.fromEntries(
    Object.entries(source).filter(([field]) => field !== SIDECAR && field !== sparse_field),
  )
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
