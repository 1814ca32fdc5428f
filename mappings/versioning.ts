import type { Client } from '@opensearch-project/opensearch'
import { internalSearch } from '../opensearch/internal-search.ts'
import { readShards } from '../opensearch/shard-changes.ts'
import { LexpandError } from '../sparse/errors.ts'
import { exactNumber } from '../sparse/exact-json.ts'
import type { IndexMapping } from './index-mapping.ts'
import type { IndexSpecification } from './specification.ts'

/**
 * Who assigns the versions of documents (`_version`). `external`: clients do, by `version_type=external`; Lexpand then
 * writes whole documents back in the version that it read, and so uses up no number of theirs. `internal`: the engine
 * does.
 */
export type Versioning = 'internal' | 'external'

/**
 * Checks the requirements of {@link Versioning} `external`. A document that is written back must be whole in `_source`,
 * and must not change on the way.
 *
 * @param settings settings of the index, with flat names
 * @throws LexpandError INDEX with the obstacle
 */
export function assertVersioning(
  { versioning, sparse_field }: IndexSpecification,
  index: string,
  { _source = {} }: IndexMapping,
  settings: Readonly<Record<string, unknown>>,
): void {
  if (versioning !== 'external') return
  const fail = (expected: string, got: string, advice: string) => {
    throw new LexpandError(
      'INDEX',
      `[mappings] expected ${expected} of index ${index}, since external versions need documents to be written back whole, got ${got}. ${advice}`,
    )
  }
  const { enabled = true, includes = [], excludes = [] } = _source
  const lost = excludes.filter((path) => path !== sparse_field && path !== `${sparse_field}.*`)
  if (!enabled || includes.length > 0 || lost.length > 0) {
    const got = enabled ? [...lost, ...includes.map((path) => `all but ${path}`)].join(', ') : 'everything'
    fail(
      '_source to keep every field',
      `one without ${got}`,
      `Fill an index whose _source leaves out nothing, or ${sparse_field} at most.`,
    )
  }
  if (String(settings['index.derived_source.enabled']) === 'true') {
    fail('a stored _source', 'index.derived_source.enabled', 'Fill an index without that setting.')
  }
  const final = settings['index.final_pipeline']
  if (typeof final === 'string' && final !== '_none') {
    fail(
      'no final pipeline',
      `${final}, which would run again with every vector`,
      'Make it the default pipeline, which runs for clients only.',
    )
  }
}

/**
 * Looks for versions that the engine did not assign: each of its own versions takes a sequence number, so none is above
 * their count. Small external versions cannot be told from the engine's.
 *
 * @param index a concrete index
 * @returns the version and id of one such document, or undefined; also where the user may not read them
 */
export async function externalVersion(
  client: Client,
  index: string,
): Promise<{ readonly id: string; readonly version: string } | undefined> {
  try {
    const { shards } = await readShards(client, index)
    const most = Math.max(0, ...shards.map(({ maxSeqNo }) => maxSeqNo + 1))
    const reply = await internalSearch(client, {
      index,
      body: { size: SAMPLE, version: true, _source: false, sort: [{ _seq_no: 'desc' }] },
    })
    const hits = reply.body.hits.hits as readonly { readonly _id?: string; readonly _version?: unknown }[]
    const found = hits.find(({ _version }) => Number(versionText(_version)) > most)
    return found === undefined ? undefined : { id: found._id ?? '', version: versionText(found._version) }
  } catch {
    // For a user who may not read them, the index is set up as before.
    return undefined
  }
}

const SAMPLE = 10

function versionText(version: unknown): string {
  return exactNumber(version) ?? String(version)
}
