import { randomUUID } from 'node:crypto'
import type { DocumentInterface } from '@langchain/core/documents'
import type { Client } from '@opensearch-project/opensearch'
import { readSpecification, translateEngineError } from '../../mappings/index.ts'
import type { SearchResources } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { type EncodeQueue, enqueue } from '../../workers/index.ts'
import { sourceOf } from './langchain-document.ts'
import { LexpandRetriever, type LexpandRetrieverInput } from './lexpand-retriever.ts'

export interface LexpandDocumentsOptions {
  readonly client: Client
  readonly model: SearchResources
  /** Queue of the model of the index, from `openQueue`. */
  readonly queue: EncodeQueue
  /** Index made by `setUp`, with one text field on the top level. */
  readonly index: string
}

/** Number of ids in one request. */
const DELETED_AT_ONCE = 1_000

/**
 * Stores and deletes documents of LangChain. Workers encode them: a document is found by its words as soon as the
 * engine has refreshed, and by its meaning when a worker has written its vector.
 */
export class LexpandDocuments {
  readonly #options: LexpandDocumentsOptions
  #field: Promise<string> | undefined

  constructor(options: LexpandDocumentsOptions) {
    this.#options = options
  }

  /**
   * Stores documents; a document with an existing id replaces the stored one.
   *
   * @param options ids in the order of the documents.
   * @default the documents' own, else random ones
   * @returns the ids
   * @throws LexpandError INPUT for ids that do not fit or documents that the engine refuses, with its reasons; the
   *   others are stored
   */
  async addDocuments(
    documents: readonly DocumentInterface[],
    options: { readonly ids?: readonly string[] | undefined } = {},
  ): Promise<string[]> {
    const { ids: given } = options
    if (given !== undefined && given.length !== documents.length) {
      throw new LexpandError(
        'INPUT',
        `[langchain] expected an id for each of ${documents.length} documents, got ${given.length}. Give all or none.`,
      )
    }
    const ids = documents.map(({ id }, at) => given?.[at] ?? id ?? randomUUID())
    const field = await this.#textField()
    const sources = documents.map((document, at) => ({
      id: ids[at] as string,
      source: sourceOf(document, field),
    }))
    const { failed, errors } = await enqueue(this.#options, sources)
    if (failed > 0) {
      const reasons = errors.slice(0, 3).map(({ id, reason }) => `${id}: ${reason}`)
      throw new LexpandError(
        'INPUT',
        `[langchain] expected ${documents.length} documents that can be stored, got ${failed} that cannot (${reasons.join('; ')}). Correct them and add them again.`,
      )
    }
    return ids
  }

  /** Deletes documents; missing ids are no error. @throws LexpandError INDEX or SERVICE */
  async delete({ ids }: { readonly ids: readonly string[] }): Promise<void> {
    const { client, index } = this.#options
    for (let at = 0; at < ids.length; at += DELETED_AT_ONCE) {
      const body = ids.slice(at, at + DELETED_AT_ONCE).map((_id) => ({ delete: { _index: index, _id } }))
      const reply = await client.bulk({ body }).catch((error: unknown) => {
        throw translateEngineError(error, { part: 'langchain', index })
      })
      const refused = reply.body.items.find(
        ({ delete: item }) => (item?.status ?? 0) >= 400 && item?.status !== 404,
      )
      if (refused === undefined) continue
      throw new LexpandError(
        'INDEX',
        `[langchain] expected to delete from ${index}, got ${refused.delete?.error?.type} for ${refused.delete?._id}. Delete again.`,
      )
    }
  }

  /** A retriever of the same index. */
  asRetriever(input: Omit<LexpandRetrieverInput, 'client' | 'model' | 'index'> = {}): LexpandRetriever {
    const { client, model, index } = this.#options
    return new LexpandRetriever({ ...input, client, model, index })
  }

  #textField(): Promise<string> {
    this.#field ??= this.#readTextField()
    this.#field.catch(() => {
      this.#field = undefined
    })
    return this.#field
  }

  async #readTextField(): Promise<string> {
    const { client, index } = this.#options
    const { fields } = await readSpecification(client, index)
    const [only, ...others] = fields
    if (only !== undefined && others.length === 0 && !only.includes('.')) return only
    throw new LexpandError(
      'CONFIGURATION',
      `[langchain] expected an index with one text field on the top level, got ${index} with ${fields.join(', ')}. Set one up for LangChain, or store documents with enqueue.`,
    )
  }
}
