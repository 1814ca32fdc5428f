import type { Client } from '@opensearch-project/opensearch'
import { readInstalledIndices } from '../../mappings/compatibility.ts'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { LexpandError } from '../../sparse/errors.ts'

export interface WriteIndex {
  /** The name that was asked for where one index is behind it, so that routing of an alias holds; else the write index. */
  readonly index: string
  readonly specification: IndexSpecification
}

/**
 * The index that takes new documents: the one of that name, the only one of an alias, or the write index of an alias.
 * Needs `indices:admin/mappings/get`, and for several indices `indices:admin/aliases/get`.
 *
 * @throws LexpandError INDEX when there is none, an alias of several indices has no write index, Lexpand did not set one of them
 *   up, or the name is a data stream
 */
export async function readWriteIndex(client: Client, name: string): Promise<WriteIndex> {
  const indices = await readInstalledIndices(client, name)
  const [only, ...others] = indices
  if (only !== undefined && others.length === 0 && !only.name.startsWith('.ds-')) {
    return { index: name, specification: only.specification }
  }
  const reply = await client.indices.getAlias({ name }, { ignore: [404] }).catch((error: unknown) => {
    throw translateEngineError(error, { part: 'mappings', index: name })
  })
  if (reply.statusCode === 404) {
    throw new LexpandError(
      'INDEX',
      `[mappings] expected an index or an alias to push to, got the data stream ${name}. Let its clients write (op_type create): the ingest pipeline stamps what they write, and a sweep queues it.`,
    )
  }
  const writes = Object.entries(reply.body).find(([, { aliases }]) => aliases[name]?.is_write_index === true)
  const found = indices.find((index) => index.name === writes?.[0])
  if (found !== undefined) return { index: found.name, specification: found.specification }
  throw new LexpandError(
    'INDEX',
    `[mappings] expected alias ${name} to have a write index, got ${indices.length} indices without: ${indices
      .slice(0, 5)
      .map((index) => index.name)
      .join(', ')}. Set is_write_index on one, or name an index.`,
  )
}
