import type { Client } from '@opensearch-project/opensearch'
import { foreignValue, ownValue } from '../../mappings/own-values.ts'
import { SIDECAR } from '../../mappings/sidecar.ts'
import { type RawDocument, readRaw } from './raw-documents.ts'
import type { WriteBackItem, WriteBackResult } from './write-back-item.ts'

/** Two lines of a bulk request, or why there are none. */
export type Lines = readonly [action: string, body: string] | WriteBackResult

/**
 * Makes the new states of documents whose versions their clients number. An update would raise `_version`, and the
 * client's next version would be refused. Instead the whole document is written again, digit by digit as it was read, in
 * the version that was read: `external_gte` refuses that write when a newer version, or a deletion, came in between, and
 * leaves `_version` as it is.
 *
 * @returns one entry for each item, in order
 * @throws as `readRaw`
 */
export async function wholeDocuments(
  client: Client,
  index: string,
  sparseField: string,
  items: readonly WriteBackItem[],
): Promise<Lines[]> {
  const { documents } = await readRaw(client, { index, part: 'write-back' }, items)
  return items.map((item, at): Lines => {
    const document = documents[at]
    if (document === undefined) return { outcome: 'deleted', reason: 'the document is gone' }
    if (document.seqNo !== item.seqNo || document.primaryTerm !== item.primaryTerm) {
      return { outcome: 'superseded', reason: 'the document was changed since it was read' }
    }
    const foreign = foreignValue(document.source, sparseField)
    if (foreign !== undefined) return { outcome: 'rejected', reason: ownValue(foreign) }
    const { id: _id, routing } = item
    const action = { _id, routing, version: document.version, version_type: 'external_gte' }
    return [JSON.stringify({ index: action }), JSON.stringify(withState(document, sparseField, item))]
  })
}

function withState(
  { source }: RawDocument,
  sparseField: string,
  { features, sidecar }: WriteBackItem,
): Record<string, unknown> {
  const old = source[SIDECAR] as { readonly copied_from?: unknown } | null | undefined
  // Pairs and not an object under construction: a document may have a field `__proto__`.
  const own = Object.entries(source).filter(([field]) => field !== sparseField && field !== SIDECAR)
  const vector = features === undefined ? [] : [[sparseField, Object.fromEntries(features)] as const]
  const copied_from = old?.copied_from ?? undefined
  return Object.fromEntries([...own, ...vector, [SIDECAR, { ...sidecar, copied_from }]])
}
