import type { API, Client } from '@opensearch-project/opensearch'
import { LexpandError } from '../sparse/errors.ts'
import { acknowledged } from './failures/acknowledged.ts'
import { translateEngineError } from './failures/engine-error.ts'
import { assertIndexName } from './index-name.ts'

/** An alias of one index with its filter, routing and write flag. */
export interface AliasOfIndex {
  readonly alias: string
  readonly is_write_index?: boolean | undefined
  readonly is_hidden?: boolean | undefined
  readonly filter?: Readonly<Record<string, unknown>> | undefined
  readonly index_routing?: string | undefined
  readonly search_routing?: string | undefined
}

/** The index behind a name. */
export interface ResolvedName {
  /** Name of the index itself. */
  readonly index: string
  readonly aliases: readonly AliasOfIndex[]
}

/**
 * Finds the one index behind a name. Needs `indices:admin/aliases/get`.
 *
 * @returns undefined when nothing has that name
 * @throws LexpandError INDEX when the name is a data stream or leads to several indices
 */
export async function resolveName(client: Client, name: string): Promise<ResolvedName | undefined> {
  assertIndexName(name, 'alias')
  try {
    const reply = await client.indices.get({ index: name, expand_wildcards: 'all' }, { ignore: [404] })
    if (reply.statusCode === 404) return undefined
    const found = Object.entries(reply.body)
    if (found.some(([index, state]) => state.data_stream !== undefined && index !== name)) {
      throw new LexpandError(
        'INDEX',
        `[alias] expected an index or an alias, got the data stream ${name}. Its indices take vectors one by one: name one of ${found
          .map(([index]) => index)
          .slice(0, 5)
          .join(', ')}, or set all up with setUp.`,
      )
    }
    const [only] = found
    if (only === undefined || found.length > 1) {
      const names = found.map(([index]) => index)
      throw new LexpandError(
        'INDEX',
        `[alias] expected one index behind ${name}, got ${names.length}: ${names.slice(0, 5).join(', ')}. Name one of them.`,
      )
    }
    const [index, state] = only
    const aliases = Object.entries(state.aliases ?? {}).map(([alias, own]) => ({ alias, ...own }))
    return { index, aliases: aliases as AliasOfIndex[] }
  } catch (error) {
    throw translateEngineError(error, { part: 'alias', index: name })
  }
}

/**
 * Moves aliases from one index to another in one step: no request in between sees both or neither. Filters, routing and
 * the write flag move with them. Needs `indices:admin/aliases`.
 *
 * @throws LexpandError INDEX when one of the aliases no longer exists; nothing has changed then
 */
export async function moveAliases(
  client: Client,
  from: string,
  to: string,
  aliases: readonly AliasOfIndex[],
): Promise<void> {
  const actions = aliases.flatMap(({ alias, ...own }) => [
    { remove: { index: from, alias, must_exist: true } },
    { add: { index: to, alias, ...own } },
  ])
  const moved = client.indices.updateAliases({ body: { actions } as API.Indices_UpdateAliases_RequestBody })
  await acknowledged(moved, { part: 'alias', index: from })
}
