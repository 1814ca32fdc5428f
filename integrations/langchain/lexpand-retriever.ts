import type { CallbackManagerForRetrieverRun } from '@langchain/core/callbacks/manager'
import type { DocumentInterface } from '@langchain/core/documents'
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers'
import type { RunnableConfig } from '@langchain/core/runnables'
import type { Client } from '@opensearch-project/opensearch'
import { SearchCache, type SearchRequest, type SearchResources, search } from '../../pipelines/index.ts'
import { documentOf, type LexpandMetadata } from './langchain-document.ts'

export interface LexpandRetrieverInput extends BaseRetrieverInput {
  readonly client: Client
  /** The model that filled the index, from `loadModel`. */
  readonly model: SearchResources
  /** Index or alias, or several that one query can search. */
  readonly index: string | readonly string[]
  /** Largest number of documents, 0 to 10,000. @default 4, as in LangChain's stores */
  readonly k?: number | undefined
  /** Further options of `search`: filter, mode, balance, boosts ... @default those of `search` */
  readonly request?: RetrieverRequest | undefined
}

export type RetrieverRequest = Omit<SearchRequest, 'index' | 'text' | 'size' | 'sourceFields' | 'signal'>

/** Options that one call can change. */
export interface LexpandRetrieverConfig extends RunnableConfig {
  readonly k?: number | undefined
}

/**
 * A retriever of LangChain with learned sparse search: text in, documents out, no embedding model. The content of a
 * document is the text of the index's text fields, its metadata the rest of the stored document, with {@link
 * LexpandMetadata} under `lexpand`.
 *
 * Its errors are those of `search`.
 */
export class LexpandRetriever extends BaseRetriever<LexpandMetadata> {
  static override lc_name(): string {
    return 'LexpandRetriever'
  }

  override lc_namespace: string[] = ['lexpand', 'retrievers']
  readonly k: number
  readonly #input: LexpandRetrieverInput
  readonly #cache: SearchCache
  readonly #signal: AbortSignal | undefined

  constructor(input: LexpandRetrieverInput, signal?: AbortSignal) {
    super(input)
    this.k = input.k ?? 4
    this.#input = input
    this.#cache = input.model.cache ?? new SearchCache()
    this.#signal = signal
  }

  /** @param options `k` counts for this call alone; `signal` ends it */
  override invoke(
    input: string,
    options: LexpandRetrieverConfig = {},
  ): Promise<DocumentInterface<LexpandMetadata>[]> {
    const { k, ...config } = options
    if (k === undefined && config.signal === this.#signal) return super.invoke(input, config)
    const model = { ...this.#input.model, cache: this.#cache }
    return new LexpandRetriever({ ...this.#input, model, k: k ?? this.k }, config.signal).invoke(
      input,
      config,
    )
  }

  override async _getRelevantDocuments(
    query: string,
    _run?: CallbackManagerForRetrieverRun,
  ): Promise<DocumentInterface<LexpandMetadata>[]> {
    const { client, model, index, request } = this.#input
    const resources = { ...model, cache: this.#cache }
    const { hits } = await search(client, resources, {
      ...request,
      index,
      text: query,
      size: this.k,
      signal: this.#signal,
    })
    const { specification } = await this.#cache.target(client, [index].flat().join(','))
    return hits.map((hit) => documentOf(hit, specification.fields))
  }
}
