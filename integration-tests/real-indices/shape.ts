import type { Client } from '@opensearch-project/opensearch'
import type { SourceDocument } from '../../workers/index.ts'

/**
 * An index as people have them, and what its clients do. What is left out is as in a plain index. What a shape makes
 * beside the index has a name of {@link ownNames}, and goes with it.
 */
export interface Shape {
  readonly title: string
  /** Text fields. @default ['text'] */
  readonly fields?: readonly string[] | undefined
  /** Settings of the owner's index, flat. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  /** Properties beside the text fields, or instead of them. */
  readonly properties?: Readonly<Record<string, object>> | undefined
  /** More of the mapping: `_source`, `_routing`, `dynamic`. */
  readonly mapping?: Readonly<Record<string, unknown>> | undefined
  /** Runs before the index is made: pipelines, templates. */
  readonly before?: ((place: Place) => Promise<void>) | undefined
  /** Documents before Lexpand, beside eight small ones. @default 0 */
  readonly more?: number | undefined
  /** Runs when the index exists with documents, before Lexpand; returns a name if the index continues under another one. */
  readonly owned?: Change | undefined
  /** The same after set-up and the first vectors. */
  readonly changed?: Change | undefined
  /** Documents to which that change gives `price: 5`. */
  readonly touches?: readonly string[] | undefined
  /** Writes one document as the clients do. @default a bulk index operation */
  readonly write?: Writer | undefined
  /** Whether Lexpand's push works here; false where the engine or the shape forbids it. @default true */
  readonly pushes?: boolean | undefined
  /** Whether the index is then moved to a new one. @default true */
  readonly reindexes?: boolean | undefined
  /** A document with this text. @default {text} */
  readonly source?: ((text: string, id: string) => Record<string, unknown>) | undefined
  readonly routing?: ((id: string) => string) | undefined
  /** Whether users see a document through the owner's search pipeline. @default everything */
  readonly isVisible?: ((id: string) => boolean) | undefined
}

export interface Place {
  readonly client: Client
  readonly index: string
}

export type Change = (place: Place) => Promise<string | undefined>

export type Writer = (place: Place, document: Required<Pick<SourceDocument, 'id'>> & Written) => Promise<void>

export interface Written {
  readonly source: Readonly<Record<string, unknown>>
  readonly routing?: string | undefined
  /** Counts the writes of the shape; an external version, say. */
  readonly version: number
}

/** Names of the owner's pipelines and template for an index. */
export function ownNames(index: string) {
  return {
    search: `owner-${index}`,
    ingest: `owner-${index}`,
    final: `owner-final-${index}`,
    template: `owner-${index}`,
  }
}
