import { ownNames, type Place, type Shape } from './shape.ts'

const isEven = (id: string) => Number(id.slice(1)) % 2 === 0
const HIDES_ODD = { filter_query: { query: { term: { visible: true } } } }

/** A default search pipeline of the owner. */
function searchPipeline(body: object): Pick<Shape, 'owned'> {
  return {
    async owned({ client, index }: Place) {
      const { search } = ownNames(index)
      await client.transport.request({ method: 'PUT', path: `/_search/pipeline/${search}`, body })
      await client.indices.putSettings({ index, body: { 'index.search.default_pipeline': search } as object })
      return undefined
    },
  }
}

/** Search pipelines that hide, cut or change what a search gives. */
export const SEARCH_PIPELINE_SHAPES: readonly Shape[] = [
  {
    title: 'a search pipeline hides half of the documents',
    ...searchPipeline({ request_processors: [HIDES_ODD] }),
    properties: { visible: { type: 'boolean' } },
    source: (text, id) => ({ text, visible: isEven(id) }),
    isVisible: isEven,
  },
  {
    title: 'a search pipeline hides half of the documents of two shards',
    ...searchPipeline({ request_processors: [HIDES_ODD] }),
    settings: { number_of_shards: 2 },
    properties: { visible: { type: 'boolean' } },
    source: (text, id) => ({ text, visible: isEven(id) }),
    isVisible: isEven,
  },
  {
    title: 'a search pipeline hides everything that waits for a vector',
    ...searchPipeline({
      request_processors: [{ filter_query: { query: { term: { 'lexpand.state': 'ready' } } } }],
    }),
  },
  {
    title: 'a search pipeline cuts every answer to three hits',
    ...searchPipeline({ response_processors: [{ truncate_hits: { target_size: 3 } }] }),
  },
  {
    title: 'a search pipeline renames the text field in every answer',
    ...searchPipeline({
      response_processors: [
        { rename_field: { field: 'text', target_field: 'renamed', ignore_failure: true } },
      ],
    }),
  },
  {
    title: 'a search pipeline asks for twice as many hits and collapses them',
    ...searchPipeline({
      request_processors: [{ oversample: { sample_factor: 2 } }],
      response_processors: [{ collapse: { field: 'brand' } }, { truncate_hits: {} }],
    }),
    properties: { brand: { type: 'keyword' } },
    source: (text) => ({ text, brand: 'one' }),
  },
]
