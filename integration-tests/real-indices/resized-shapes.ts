import type { Change, Shape } from './shape.ts'

type Resize = 'shrink' | 'split' | 'clone'

/** Makes another index of the same documents inside the engine: sequence numbers go along, shards do not. */
function resize(how: Resize, shards: number, name = how): Change {
  return async ({ client, index }) => {
    const target = `${index}-${name}`
    await client.indices.addBlock({ index, block: 'write' })
    const settings = {
      'index.number_of_shards': shards,
      'index.number_of_replicas': 0,
      'index.blocks.write': null,
    }
    const path = `/${index}/_${how}/${target}`
    await client.transport.request({ method: 'PUT', path, body: { settings } })
    await client.cluster.health({ index: target, wait_for_status: 'yellow' })
    await client.indices.delete({ index })
    return target
  }
}

const then =
  (...changes: readonly Change[]): Change =>
  async ({ client, index }) => {
    let name = index
    for (const change of changes) name = (await change({ client, index: name })) ?? name
    return name
  }

/** Indices in which one sequence number names several documents, and those that were made likewise. */
export const RESIZED_SHAPES: readonly Shape[] = [
  {
    title: 'three shards were shrunken to one before Lexpand, so that pages end among equal numbers',
    settings: { number_of_shards: 3 },
    more: 400,
    owned: resize('shrink', 1),
  },
  {
    title: 'seven shards were shrunken to one before Lexpand, and every page ends among equal numbers',
    settings: { number_of_shards: 7, max_result_window: 10 },
    more: 60,
    owned: resize('shrink', 1),
  },
  {
    title: 'six shards were shrunken to one before Lexpand, more than a page holds',
    settings: { number_of_shards: 6, max_result_window: 3 },
    more: 20,
    owned: resize('shrink', 1),
  },
  {
    title: 'six shards are shrunken to two afterwards',
    settings: { number_of_shards: 6 },
    more: 60,
    changed: resize('shrink', 2),
  },
  {
    title: 'an index is split afterwards',
    settings: { number_of_shards: 1, number_of_routing_shards: 4 },
    more: 40,
    changed: resize('split', 4),
  },
  {
    title: 'an index is cloned afterwards',
    changed: resize('clone', 1),
  },
  {
    title: 'a shrunken index is split and cloned before Lexpand',
    settings: { number_of_shards: 4, number_of_routing_shards: 8 },
    more: 100,
    owned: then(resize('shrink', 1), resize('split', 2), resize('clone', 2)),
  },
]
