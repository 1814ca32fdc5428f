import type { Client } from '@opensearch-project/opensearch'
import { SIDECAR } from '../../mappings/index.ts'
import { allFields, type FieldMapping, type IndexMapping } from '../../mappings/index-mapping.ts'

export type FilterType = 'text' | 'number' | 'date' | 'boolean'

/** A field whose values can be compared. */
export interface FilterField {
  /** Name in documents. */
  readonly name: string
  /** Path in the engine: `brand.keyword` for a `brand` that is text. */
  readonly path: string
  readonly type: FilterType
}

const TYPES: ReadonlyMap<string, FilterType> = new Map([
  ...['keyword', 'constant_keyword', 'ip'].map((type) => [type, 'text'] as const),
  ...[
    'byte',
    'short',
    'integer',
    'long',
    'unsigned_long',
    'half_float',
    'float',
    'double',
    'scaled_float',
  ].map((type) => [type, 'number'] as const),
  ['date', 'date'],
  ['date_nanos', 'date'],
  ['boolean', 'boolean'],
])

/**
 * Reads the fields that can be filtered from the mapping; for several indices behind an alias, those that all of them
 * have. Fields inside `nested` objects and those that no query finds are left out.
 *
 * Needs the privilege `indices:admin/mappings/get`.
 */
export async function readFilterFields(client: Client, index: string): Promise<FilterField[]> {
  const reply = await client.indices.getMapping({ index })
  const [first = [], ...others] = Object.values(reply.body).map(({ mappings }) =>
    filterFields((mappings ?? {}) as IndexMapping),
  )
  return first.filter((field) =>
    others.every((fields) => fields.some(({ path, type }) => path === field.path && type === field.type)),
  )
}

/** @returns fields in the order of their names */
export function filterFields({ properties = {} }: IndexMapping): FilterField[] {
  const fields = [...allFields(properties)]
  const nested = fields.filter(([, { type }]) => type === 'nested').map(([path]) => `${path}.`)
  return fields
    .filter(([name]) => name !== SIDECAR && !name.startsWith(`${SIDECAR}.`))
    .filter(([name]) => !nested.some((prefix) => name.startsWith(prefix)))
    .flatMap(([name, field]) => filterField(name, field) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function filterField(name: string, field: FieldMapping): FilterField | undefined {
  const type = typeOf(field)
  if (type !== undefined) return { name, path: name, type }
  const within = Object.entries(field.fields ?? {}).find(([, { type }]) => type === 'keyword')
  return within === undefined ? undefined : { name, path: `${name}.${within[0]}`, type: 'text' }
}

function typeOf({ type = 'object', index = true }: FieldMapping): FilterType | undefined {
  return index ? TYPES.get(type) : undefined
}
