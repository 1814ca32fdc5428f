import type { Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, readInstalledIndex, SIDECAR, tokenClause } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { expandTexts, toFeatures } from '../../sparse/index.ts'
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
  /** The counts of the audit that a healthy index has. */
  readonly audit: { readonly documents: number; readonly ready: number; readonly problems: number }
}

export interface Place {
  readonly client: Client
  readonly index: string
  /** At most the index's result window. */
  readonly pageSize: number
}

/**
 * Reads every document past all filters of the owner, and compares it with the client's knowledge. A healthy index
 * gives {@link healthy}.
 */
export async function examine(
  { client, index, pageSize }: Place,
  { model, specification }: { readonly model: Model; readonly specification: IndexSpecification },
  known: Known,
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
    wrong: await wrongVectors(
      { model, specification },
      await withVectors(client, index, { model, specification }, stored),
      testEncoder(model),
    ),
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

/** Reads without Lexpand's own reader, and bypasses the owner's search pipeline in the URL. */
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

/**
 * Where the source does not keep vectors, the engine is asked: a document whose score for all pieces of its text's vector
 * is their sum has these, with these weights.
 */
async function withVectors(
  client: Client,
  index: string,
  { model, specification }: { readonly model: Model; readonly specification: IndexSpecification },
  stored: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const { windowing, pruning, sparse_field } = specification
  const { name, ...mapping } = await readInstalledIndex(client, index)
  if (mapping.vectorsInSource) return stored
  const { tokenizer } = model
  const found = new Map<string, Readonly<Record<string, unknown>>>()
  for (const [id, source] of stored) {
    const texts = [String(source.text)]
    const encoder = testEncoder(model)
    const [expanded] = await expandTexts(texts, {
      tokenizer,
      windowing,
      pruning,
      encoder,
      tokenBudget: 4_096,
    })
    const expected =
      expanded === undefined ? new Map<string, number>() : toFeatures(expanded.vector, tokenizer)
    const should = [...expected.keys()].map((piece) => tokenClause(mapping.vectorType, sparse_field, piece))
    const { body } = await client.search({
      index: name,
      body: {
        query: { bool: { filter: [{ ids: { values: [id] } }], should } },
        _source: false,
        size: 1,
        search_pipeline: '_none',
      } as never,
    })
    const sum = [...expected.values()].reduce((total, weight) => total + weight, 0)
    const score = body.hits.hits[0]?._score ?? 0
    const isThere = Math.abs(Number(score) - sum) < sum / 128
    found.set(id, isThere ? { ...source, [sparse_field]: Object.fromEntries(expected) } : source)
  }
  return found
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
