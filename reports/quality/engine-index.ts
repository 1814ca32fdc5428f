import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import type { Client } from '@opensearch-project/opensearch'
import { installIndex, specificationFor, textHash } from '../../mappings/index.ts'
import type { Model } from '../../models/index.ts'
import { readBeirDocuments } from '../../quality/beir.ts'
import type { EncodedDocument } from '../../quality/corpus-vectors.ts'
import { prune, toFeatures } from '../../sparse/index.ts'

const FIELD = 'text'

/**
 * Runs something on an index of a BEIR folder, set up as any index of Lexpand: one field, the model's pruning, analyzer
 * `english`, one shard in one segment. Its vectors are those given, so that nothing is encoded. It is removed at the end.
 */
export async function withEngineIndex<T>(
  client: Client,
  { directory, model, documents }: Collection,
  use: (index: string) => Promise<T>,
): Promise<T> {
  const folder = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 8)
  const index = `lexpand-quality-${basename(resolve(directory)).toLowerCase()}-${folder}`
  const windowing = { maxLength: model.manifest.max_length, overlap: 0, maxWindows: 1 }
  const specification = specificationFor(model, { fields: [FIELD], windowing })
  const { sparse_field, fingerprint, pruning, fields } = specification
  const vectors = new Map(documents.map((document) => [document.id, document]))
  await client.indices.delete({ index }, { ignore: [404] })
  try {
    await installIndex(client, index, specification, { replicas: 0 })
    await client.helpers.bulk({
      datasource: readBeirDocuments(directory),
      onDocument: ({ id, text }) => {
        const vector = featuresOf(vectors.get(id), model, pruning)
        const state = Object.keys(vector).length === 0 ? 'empty' : 'ready'
        const lexpand = { state, text_hash: textHash({ [FIELD]: text }, fields), fingerprint }
        return [
          { index: { _index: index, _id: id } },
          { [FIELD]: text, [sparse_field]: vector, lexpand },
        ] as never
      },
      onDrop: ({ error }) => {
        throw new Error(`[report] expected every document in ${index}, got ${error?.reason}.`)
      },
    })
    await client.indices.forcemerge({ index, max_num_segments: 1 })
    await client.indices.refresh({ index })
    return await use(index)
  } finally {
    await client.indices.delete({ index }, { ignore: [404] })
  }
}

export interface Collection {
  readonly directory: string
  readonly model: Model
  /** Unpruned. */
  readonly documents: readonly EncodedDocument[]
}

function featuresOf(
  encoded: EncodedDocument | undefined,
  { tokenizer }: Model,
  pruning: Parameters<typeof prune>[1],
): Record<string, number> {
  if (encoded === undefined) return {}
  const whole = {
    tokenIds: Uint32Array.from(encoded.tokenIds),
    weights: Float32Array.from(encoded.weights),
  }
  return Object.fromEntries(toFeatures(prune(whole, pruning), tokenizer))
}
