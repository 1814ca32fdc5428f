import { Document, type DocumentInterface } from '@langchain/core/documents'
import { documentText } from '../../mappings/index.ts'
import type { SearchHit } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'

/** Metadata of LangChain's documents. */
export type LexpandMetadata = Record<string, unknown> & { readonly lexpand: FoundBy }

export interface FoundBy {
  readonly index: string
  readonly score: number
  readonly explanation?: SearchHit['explanation']
  readonly highlights?: readonly string[] | undefined
}

/** A hit as a document of LangChain. @param fields text fields; only those on the top level are removed from the metadata */
export function documentOf(
  { id, index, score, source, explanation, highlights }: SearchHit,
  fields: readonly string[],
): DocumentInterface<LexpandMetadata> {
  const found = documentText(source, fields)
  const metadata = Object.fromEntries(Object.entries(source).filter(([key]) => !fields.includes(key)))
  const lexpand: FoundBy = {
    index,
    score,
    ...(explanation === undefined ? {} : { explanation }),
    ...(highlights === undefined ? {} : { highlights }),
  }
  return new Document({
    id,
    pageContent: 'text' in found ? found.text : '',
    metadata: { ...metadata, lexpand },
  })
}

/**
 * The source that is stored for a document: its metadata, and its text in the field. Metadata of documents from a
 * retriever can be stored again.
 *
 * @throws LexpandError INPUT where the metadata holds a value of that name
 */
export function sourceOf(
  { pageContent, metadata }: DocumentInterface,
  field: string,
): Record<string, unknown> {
  const { lexpand: _, ...rest } = metadata
  if (!Object.hasOwn(rest, field)) return { ...rest, [field]: pageContent }
  throw new LexpandError(
    'INPUT',
    `[langchain] expected metadata without ${field}, which holds the text, got one. Rename it.`,
  )
}
