import { type Client, errors } from '@opensearch-project/opensearch'
import type { InstalledIndex, LexicalFields } from '../../mappings/index.ts'
import { type IndexLimits, indexLimits } from '../../opensearch/index-limits.ts'
import { measureTextScale } from '../hybrid/text-scale.ts'
import { FrequencyCache, type SparseField } from '../query/corpus-frequencies.ts'
import type { CorpusFrequencies } from '../query/corpus-idf.ts'
import type { QueryClause, QueryForm } from '../query/query-builder.ts'
import { measureCoverage } from './coverage.ts'
import { readTarget, type SearchTarget } from './search-target.ts'

/**
 * Keeps what searches need again and again: the specification of an index, its coverage, and the abilities of the
 * engine's plugins. By default each client has one.
 */
export class SearchCache {
  readonly #lifetimeMs: number
  readonly #frequencies = new FrequencyCache()
  readonly #entries = new Map<string, { readonly at: number; readonly value: Promise<unknown> }>()

  /** @param lifetimeMs age in milliseconds at which specification and coverage are read again @default 10,000 */
  constructor(lifetimeMs = 10_000) {
    this.#lifetimeMs = lifetimeMs
  }

  /** @param asked names of indices and aliases, separated by commas */
  target(client: Client, asked: string): Promise<SearchTarget> {
    return this.#remembered(`index ${asked}`, this.#lifetimeMs, () => readTarget(client, asked))
  }

  coverage(client: Client, index: string): Promise<number> {
    return this.#remembered(`coverage ${index}`, this.#lifetimeMs, () => measureCoverage(client, index))
  }

  /** Limits of one search of the index. */
  limits(client: Client, index: string): Promise<IndexLimits> {
    return this.#remembered(`limits ${index}`, this.#lifetimeMs, () => indexLimits(client, index))
  }

  /** Document frequencies of word pieces in a sparse field, at most ten minutes old. */
  frequencies(client: Client, field: SparseField, pieces: readonly string[]): Promise<CorpusFrequencies> {
    return this.#frequencies.frequencies(client, field, pieces)
  }

  /** The result of {@link measureTextScale}, kept from the first text with a hit; 1 until then. */
  async textScale(client: Client, index: string, fields: LexicalFields, text: string): Promise<number> {
    const key = `scale ${index}`
    const scale = await this.#remembered(key, Number.POSITIVE_INFINITY, () =>
      measureTextScale(client, index, fields, text),
    )
    if (scale === undefined) this.#entries.delete(key)
    return scale ?? 1
  }

  /** Whether the engine can fuse two queries itself; asked once, because plugins change only with a restart. */
  hasNeuralSearch(client: Client): Promise<boolean> {
    return this.#remembered('plugins', Number.POSITIVE_INFINITY, () => hasNeuralSearch(client))
  }

  /** The form of a query for this index when the caller names none. */
  async form(client: Client, index: SearchedIndex): Promise<QueryForm> {
    // No other form can search this type, so a plugin that cannot answer has to report why.
    if (index.vectorType === 'lexpand_impacts') return 'lexpand'
    return this.#remembered(`form ${index.asked ?? index.name}`, this.#lifetimeMs, async () =>
      (await answersLexpand(client, index)) ? 'lexpand' : 'rank_feature',
    )
  }

  /** Forgets an index whose name leads elsewhere now. */
  forget(index: string): void {
    this.#entries.delete(`index ${index}`)
    this.#entries.delete(`coverage ${index}`)
    this.#entries.delete(`limits ${index}`)
  }

  /** The promise is kept instead of its value, so that simultaneous searches ask the engine once. */
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

/** The cache of a client; it is released with the client. */
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
 * Whether the plugin answers for this index. The index itself is asked instead of the list of plugins: a node may lack
 * the plugin, or its plugin may lack the table of this index, and a search would then fail although the stock clauses
 * work.
 */
async function answersLexpand(
  client: Client,
  { name, asked = name, specification }: SearchedIndex,
): Promise<boolean> {
  // A plugin from before hybrid refuses the parameter; at weight 0 it searches no text.
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
    // A user who may search but not read the nodes still gets results, fused in the client.
    if (error instanceof errors.ResponseError && error.statusCode === 403) return false
    throw error
  }
}
