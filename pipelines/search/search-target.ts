import type { Client } from '@opensearch-project/opensearch'
import {
  type InstalledIndex,
  parseSearchChoice,
  readInstalledIndices,
  type SearchChoice,
} from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'

/** The indices that one query searches; they differ only in their documents. */
export interface SearchTarget extends InstalledIndex {
  /** Concrete names; `name` is the first. */
  readonly names: readonly string[]
  /** Names as in the request: indices and aliases, separated by commas. */
  readonly asked: string
  /** Measured choice for searches; undefined where nothing was measured, or where several indices differ in it. */
  readonly choice?: SearchChoice | undefined
}

/**
 * Reads the specifications behind names and aliases.
 *
 * @param asked names separated by commas
 * @throws LexpandError INDEX when one is missing, was not set up by Lexpand, or would need another query than the first
 */
export async function readTarget(client: Client, asked: string): Promise<SearchTarget> {
  const found = await Promise.all(asked.split(',').map((name) => readInstalledIndices(client, name)))
  const indices = [...new Map(found.flat().map((index) => [index.name, index])).values()]
  const [first, ...others] = indices
  if (first === undefined) {
    throw new LexpandError('INDEX', `[search] expected an index behind ${asked}, got none. Check the name.`)
  }
  for (const other of others) assertSameQuery(first, other)
  return { ...first, names: indices.map(({ name }) => name), asked, choice: commonChoice(indices) }
}

function commonChoice(indices: readonly InstalledIndex[]): SearchChoice | undefined {
  const [first, ...others] = indices.map(({ name, searchChoice, specification }) => {
    const choice = parseSearchChoice(searchChoice, name)
    return choice?.fingerprint === specification.fingerprint ? choice : undefined
  })
  const isCommon = others.every((other) => JSON.stringify(other) === JSON.stringify(first))
  return isCommon ? first : undefined
}

function assertSameQuery(first: InstalledIndex, other: InstalledIndex): void {
  const [mine, theirs] = [queryParts(first), queryParts(other)]
  const differing = Object.keys(mine).filter((part) => mine[part] !== theirs[part])
  if (differing.length === 0) return
  const list = (parts: Readonly<Record<string, string>>) =>
    differing.map((part) => `${part} ${parts[part]}`).join(', ')
  throw new LexpandError(
    'INDEX',
    `[search] expected indices that one query can ask, got ${first.name} with ${list(mine)} and ${other.name} with ${list(theirs)}. Search them apart, or reindex one with the set-up of the other.`,
  )
}

function queryParts({ specification, vectorType, lexical }: InstalledIndex): Record<string, string> {
  const { model, sparse_field } = specification
  return {
    'sparse field': sparse_field,
    vocabulary: model.vocabulary_hash,
    'query table': model.query_table_hash,
    'vector type': vectorType,
    'text fields': JSON.stringify([lexical.plain, lexical.nested ?? {}]),
  }
}
