import { type Client, errors } from '@opensearch-project/opensearch'
import type { InstalledIndex } from '../../mappings/index.ts'
import { FrequencyCache, type SparseField } from '../query/corpus-frequencies.ts'
import type { CorpusFrequencies } from '../query/corpus-idf.ts'
import type { QueryClause, QueryForm } from '../query/query-builder.ts'
import { measureCoverage } from './coverage.ts'
import { readTarget, type SearchTarget } from './search-target.ts'

/**
 * What searches ask of the engine again and again: the specification of an index, its coverage, and what the plugins
 * there can do. Each client has one by default.
 */
export class SearchCache {
  readonly #lifetimeMs: number
  readonly #frequencies = new FrequencyCache()
  readonly #entries = new Map<string, { readonly at: number; readonly value: Promise<unknown> }>()

  /** @param lifetimeMs age at which specification and coverage are asked for anew. @default 10,000 */
  constructor(lifetimeMs = 10_000) {
    this.#lifetimeMs = lifetimeMs
  }

  /** @param asked names of indices and aliases, with commas between */
  target(client: Client, asked: string): Promise<SearchTarget> {
    return this.#remembered(`index ${asked}`, this.#lifetimeMs, () => readTarget(client, asked))
  }

  coverage(client: Client, index: string): Promise<number> {
    return this.#remembered(`coverage ${index}`, this.#lifetimeMs, () => measureCoverage(client, index))
  }

  /** Document frequencies of word pieces in a sparse field, counted anew after five minutes. */
  frequencies(client: Client, field: SparseField, pieces: readonly string[]): Promise<CorpusFrequencies> {
    return this.#frequencies.frequencies(client, field, pieces)
  }

  /** Whether the engine can fuse two queries itself; plugins change with a restart only, so this is asked once. */
  hasNeuralSearch(client: Client): Promise<boolean> {
    return this.#remembered('plugins', Number.POSITIVE_INFINITY, () => hasNeuralSearch(client))
  }

  /** The form that a query of this index takes where the caller names none. */
  async form(client: Client, index: SearchedIndex): Promise<QueryForm> {
    // No other form can ask it: a plugin that cannot answer has to say why.
    if (index.vectorType === 'lexpand_impacts') return 'lexpand'
    return this.#remembered(`form ${index.asked ?? index.name}`, this.#lifetimeMs, async () =>
      (await answersLexpand(client, index)) ? 'lexpand' : 'rank_feature',
    )
  }

  /** Forgets an index whose name leads elsewhere now. */
  forget(index: string): void {
    this.#entries.delete(`index ${index}`)
    this.#entries.delete(`coverage ${index}`)
  }

  /** The promise is kept, not its value: many searches at once ask the engine once. */
  #remembered<T>(key: string, lifetimeMs: number, load: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key)
    const now = performance.now()
    if (known !== undefined && now - known.at < lifetimeMs) return known.value as Promise<T>
    const value = load()
    const entry = { at: now, value }
    this.#entries.set(key, entry)
    value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    return value
  }
}

const caches = new WeakMap<Client, SearchCache>()

/** The cache of a client, which goes with it. */
export function searchCacheOf(client: Client): SearchCache {
  const known = caches.get(client)
  if (known !== undefined) return known
  const cache = new SearchCache()
  caches.set(client, cache)
  return cache
}

type SearchedIndex = Pick<InstalledIndex, 'name' | 'specification' | 'vectorType'> &
  Partial<Pick<SearchTarget, 'asked'>>

/**
 * Asks the index, not for a list of plugins: a node may lack the plugin, or its plugin the table of this index, and a
 * search that then failed would have worked with stock clauses.
 */
async function answersLexpand(
  client: Client,
  { name, asked = name, specification }: SearchedIndex,
): Promise<boolean> {
  // A plugin from before hybrid refuses the parameter; at weight 0 no text is searched.
  const asks = { field: specification.sparse_field, query: 'a', lexical: { weight: 0 } }
  const request = { index: asked, all_shards: true, body: { query: { lexpand: asks } as QueryClause } }
  const reply = await client.indices.validateQuery(request, { ignore: [400, 403] })
  return reply.statusCode === 200 && reply.body.valid
}

async function hasNeuralSearch(client: Client): Promise<boolean> {
  try {
    const reply = await client.cat.plugins({ format: 'json', h: ['component'] })
    const plugins = reply.body as readonly { component?: string }[]
    return plugins.some(({ component }) => component === 'opensearch-neural-search')
  } catch (error) {
    // A user who may search but not look at the nodes still gets results: fused in the client.
    if (error instanceof errors.ResponseError && error.statusCode === 403) return false
    throw error
  }
}
