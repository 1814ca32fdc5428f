import type { Shape } from './shape.ts'

/** Indices whose `_source` does not keep vectors: any update builds a document anew without its vector. */
export const SOURCE_SHAPES: readonly Shape[] = [
  {
    title: 'vectors are left out of the source',
    mapping: { _source: { excludes: ['text_sparse'] } },
    // A partial update of another field, past the pipeline.
    async changed({ client, index }) {
      const body = ['d6', 'd7'].flatMap((_id) => [{ update: { _id } }, { doc: { price: 5 } }])
      await client.bulk({ index, body, refresh: true })
      return undefined
    },
    touches: ['d6', 'd7'],
  },
  {
    title: 'everything below the vectors is left out of the source, in two shards',
    mapping: { _source: { excludes: ['text_sparse.*'] } },
    settings: { number_of_shards: 2 },
  },
  {
    title: 'the source keeps the text and the sidecar alone',
    mapping: { _source: { includes: ['text', 'lexpand', 'lexpand.*'] } },
    // Other fields of its documents cannot be copied.
    reindexes: false,
  },
]
