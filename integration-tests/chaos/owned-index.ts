import type { API, Client } from '@opensearch-project/opensearch'
import type { Ledger } from './ledger.ts'

/** Text fields of an index as its owner made it. */
export const OWNED_FIELDS = ['text', 'sections.text'] as const

/** The nested text of a document with this text. */
export function sectionsOf(text: string | undefined): object {
  return { sections: [{ text: `section of ${text}` }, { text: 'common section' }] }
}

const BATCH = 500
const SHARDS = 4

/**
 * Makes an index that puts everything in Lexpand's way: text inside of nested objects, a default search pipeline that hides
 * every document, and documents of four shards shrunken into one, up to four of which share a sequence number.
 */
export async function makeOwnedIndex(
  client: Client,
  index: string,
  { ledger, documents, replicas }: { ledger: Ledger; documents: number; replicas: number },
): Promise<void> {
  const source = `${index}-source`
  await client.indices.create({
    index: source,
    body: {
      settings: { number_of_shards: SHARDS, number_of_replicas: 0 },
      mappings: {
        properties: {
          text: { type: 'text' },
          sections: { type: 'nested', properties: { text: { type: 'text' } } },
          views: { type: 'integer' },
        },
      },
    },
  })
  for (let at = 0; at < documents; at += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, documents - at) }, (_, n) => `before-${at + n}`)
    const body = ids.flatMap((id) => {
      const text = `rain on the river of ${id}`
      ledger.set(id, text)
      return [{ index: { _id: id } }, { text, ...sectionsOf(text) }]
    })
    await client.bulk({ index: source, body: body as API.Bulk_RequestBody, refresh: true })
  }
  await client.indices.putSettings({
    index: source,
    body: {
      // A shrink needs every shard on one node.
      'index.routing.allocation.require._name': await firstNode(client),
      'index.blocks.write': true,
    } as object,
  })
  await client.cluster.health({ wait_for_no_relocating_shards: true, timeout: '60s' })
  const settings = {
    'index.number_of_shards': 1,
    'index.number_of_replicas': replicas,
    'index.blocks.write': null,
    'index.routing.allocation.require._name': null,
    'index.unassigned.node_left.delayed_timeout': '0s',
  }
  await client.transport.request({ method: 'PUT', path: `/${source}/_shrink/${index}`, body: { settings } })
  await client.cluster.health({ index, wait_for_status: 'yellow' })
  await client.indices.delete({ index: source })
  const hideAll = { request_processors: [{ filter_query: { query: { term: { visible: true } } } }] }
  await client.transport.request({ method: 'PUT', path: `/_search/pipeline/${index}`, body: hideAll })
  await client.indices.putSettings({ index, body: { 'index.search.default_pipeline': index } as object })
}

async function firstNode(client: Client): Promise<string> {
  const reply = await client.cat.nodes({ format: 'json', h: ['name'] })
  return (reply.body as readonly { name?: string }[])[0]?.name ?? ''
}
