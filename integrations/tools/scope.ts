import type { Client } from '@opensearch-project/opensearch'
import { assertIndexName } from '../../mappings/index.ts'
import { type QueryClause, SearchCache, type SearchResources } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { textStart } from '../../sparse/text-start.ts'
import { lexpandIndices } from '../../workers/sweep/lexpand-indices.ts'
import { type FilterField, readFilterFields } from './filter-fields.ts'

/** The documents that the tools of an agent may reach; no argument of an agent can widen it. */
export interface ScopeOptions {
  readonly client: Client
  /** Tokenizer and query table of the model that filled the indices; a loaded model has both. */
  readonly resources: SearchResources
  /** Names of indices or aliases. @default every index of the cluster that Lexpand has set up */
  readonly indices?: readonly string[] | undefined
  /**
   * Query DSL clauses that every document has to match, in every tool, such as those of a tenant. A document outside
   * does not exist for the agent.
   *
   * @default none
   */
  readonly filter?: QueryClause | readonly QueryClause[] | undefined
  /** Time limit of one call in milliseconds, 100 to 600,000. @default 10,000 */
  readonly timeoutMs?: number | undefined
}

/** Fields of an index rarely change, and agents ask in bursts. */
const FIELDS_MS = 10_000
const MOST_INDICES = 100

/** {@link ScopeOptions} after checks, with data that the tools keep between calls. */
export class Scope {
  readonly client: Client
  readonly resources: SearchResources & { readonly cache: SearchCache }
  readonly filter: readonly QueryClause[]
  readonly timeoutMs: number
  readonly #indices: readonly string[] | undefined
  readonly #fields = new Map<string, { readonly at: number; readonly fields: Promise<FilterField[]> }>()

  /** @throws LexpandError CONFIGURATION for names, filters and times that cannot be used */
  constructor({ client, resources, indices, filter = [], timeoutMs = 10_000 }: ScopeOptions) {
    for (const name of indices ?? []) assertIndexName(name, 'tools')
    const clauses = [filter].flat() as QueryClause[]
    if (indices?.length === 0) throw unusable('one index or more', 'none', 'Name one, or leave indices out')
    if (!clauses.every(isClause)) {
      throw unusable('query DSL clauses as filter', JSON.stringify(filter), 'Correct the filter')
    }
    if (!(timeoutMs >= 100 && timeoutMs <= 600_000)) {
      throw unusable('a timeoutMs of 100 to 600000', String(timeoutMs), 'Correct it')
    }
    this.client = client
    this.resources = { ...resources, cache: resources.cache ?? new SearchCache() }
    this.filter = clauses
    this.timeoutMs = timeoutMs
    this.#indices = indices
  }

  /**
   * The index of a call.
   *
   * @param asked undefined: the only one
   * @throws LexpandError QUERY for an index outside the scope, with the same message as for one that does not exist
   */
  async index(asked: string | undefined): Promise<string> {
    if (asked !== undefined && this.#indices === undefined) return assertIndexName(asked, 'tools')
    const names = await this.indices()
    const [only] = names
    if (asked === undefined && only !== undefined && names.length === 1) return only
    if (asked !== undefined && names.includes(asked)) return asked
    const got = asked === undefined ? 'none' : JSON.stringify(textStart(asked, 120))
    throw new LexpandError(
      'QUERY',
      `[tools] expected one of these indices: ${names.slice(0, 20).join(', ')}, got ${got}. Name one of them, or call list_indices.`,
    )
  }

  /** Names in the scope; those found in the cluster are in alphabetical order; at most {@link MOST_INDICES}. */
  async indices(): Promise<readonly string[]> {
    if (this.#indices !== undefined) return this.#indices
    const found = await lexpandIndices(this.client)
    return found
      .map(({ name }) => name)
      .sort()
      .slice(0, MOST_INDICES)
  }

  /** Fields of an index by which an agent may filter. */
  filterFields(index: string): Promise<FilterField[]> {
    const now = performance.now()
    const known = this.#fields.get(index)
    if (known !== undefined && now - known.at < FIELDS_MS) return known.fields
    const fields = readFilterFields(this.client, index)
    if (this.#fields.size >= MOST_INDICES) this.#fields.clear()
    this.#fields.set(index, { at: now, fields })
    fields.catch(() => this.#fields.delete(index))
    return fields
  }
}

function isClause(clause: unknown): boolean {
  return (
    typeof clause === 'object' &&
    clause !== null &&
    !Array.isArray(clause) &&
    Object.keys(clause).length === 1
  )
}

function unusable(expected: string, got: string, advice: string): LexpandError {
  return new LexpandError(
    'CONFIGURATION',
    `[tools] expected ${expected}, got ${textStart(got, 120)}. ${advice}.`,
  )
}
