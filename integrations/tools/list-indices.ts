import { z } from 'zod'
import { textStart } from '../../sparse/text-start.ts'
import { scopedSearch } from './documents.ts'
import type { FilterField } from './filter-fields.ts'
import { indexName } from './hit-schema.ts'
import type { Scope } from './scope.ts'
import { type DocumentTool, NOTICE } from './tool.ts'

/** Bounds of one answer. */
const INDICES = 20
const FIELDS = 20
const VALUES = 10
const VALUE_UNITS = 100

const input = z.strictObject({ index: indexName })

const fieldSchema = z.object({
  field: z.string(),
  type: z.enum(['text', 'number', 'date', 'boolean']),
  values: z
    .array(z.object({ value: z.string(), documents: z.number() }))
    .optional()
    .describe('Most frequent values'),
  min: z.union([z.number(), z.string()]).optional(),
  max: z.union([z.number(), z.string()]).optional(),
})

const indexSchema = z.object({
  index: z.string(),
  documents: z.number(),
  text_fields: z.array(z.string()),
  filter_fields: z.array(fieldSchema),
  problem: z.string().optional().describe('Why the index cannot be asked'),
})

const output = z.object({
  indices: z.array(indexSchema),
  left_out: z.number().describe('Indices beyond the bound of this answer: name one'),
  notice: z.string(),
})

/** The tool `list_indices`. */
export const listIndicesTool: DocumentTool<typeof input, typeof output> = {
  name: 'list_indices',
  title: 'List indices',
  description:
    'What can be searched: indices, how many documents they hold, and the fields to filter by with their types, ranges and most frequent values.',
  input,
  output,
  async run(scope, { index }, signal) {
    const names = index === undefined ? await scope.indices() : [await scope.index(index)]
    const shown = names.slice(0, INDICES)
    return {
      indices: await Promise.all(shown.map((name) => describeIndex(scope, name, signal))),
      left_out: names.length - shown.length,
      notice: NOTICE,
    }
  },
  text: ({ indices, left_out }) =>
    [
      `${indices.length} indices${left_out > 0 ? ` and ${left_out} more` : ''}. ${NOTICE}`,
      ...indices.map(({ index, documents, filter_fields, problem }) =>
        problem === undefined
          ? `${index}: ${documents} documents; filters: ${filter_fields.map(fieldText).join('; ') || 'none'}`
          : `${index}: ${problem}`,
      ),
    ].join('\n'),
}

type IndexDescription = z.output<typeof indexSchema>
type FieldDescription = z.output<typeof fieldSchema>

/** A missing or broken index must not hide the others. */
async function describeIndex(scope: Scope, index: string, signal: AbortSignal): Promise<IndexDescription> {
  try {
    const { specification } = await scope.resources.cache.target(scope.client, index)
    const fields = (await scope.filterFields(index)).slice(0, FIELDS)
    const reply = await scopedSearch(
      scope,
      { index, size: 0, query: { match_all: {} }, countAll: true, aggregations: aggregationsOf(fields) },
      signal,
    )
    const { total } = reply.hits
    const aggregations = (reply.aggregations ?? {}) as Record<string, FieldAggregation>
    return {
      index,
      documents: typeof total === 'number' ? total : (total?.value ?? 0),
      text_fields: [...specification.fields],
      filter_fields: fields.map((field, at) => describeField(field, aggregations[nameOf(at)])),
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message.replace(/ Did you mean .*$/, '') : String(error)
    return { index, documents: 0, text_fields: [], filter_fields: [], problem }
  }
}

interface FieldAggregation {
  readonly buckets?: readonly {
    readonly key: unknown
    readonly key_as_string?: string
    readonly doc_count: number
  }[]
  readonly min?: number | null
  readonly max?: number | null
  readonly min_as_string?: string
  readonly max_as_string?: string
}

/** Numbered, because names of fields have characters that names of aggregations may not have. */
function nameOf(at: number): string {
  return `f${at}`
}

function aggregationsOf(fields: readonly FilterField[]): Record<string, object> | undefined {
  if (fields.length === 0) return undefined
  return Object.fromEntries(
    fields.map(({ path, type }, at) => [
      nameOf(at),
      type === 'number' || type === 'date'
        ? { stats: { field: path } }
        : { terms: { field: path, size: VALUES } },
    ]),
  )
}

function describeField({ name, type }: FilterField, found: FieldAggregation = {}): FieldDescription {
  const { buckets, min, max, min_as_string, max_as_string } = found
  if (buckets !== undefined) {
    return {
      field: name,
      type,
      values: buckets.map(({ key, key_as_string, doc_count }) => ({
        value: textStart(String(key_as_string ?? key), VALUE_UNITS),
        documents: doc_count,
      })),
    }
  }
  const hasRange = typeof min === 'number' && typeof max === 'number' && min <= max
  if (!hasRange) return { field: name, type }
  return type === 'date'
    ? { field: name, type, min: min_as_string ?? min, max: max_as_string ?? max }
    : { field: name, type, min, max }
}

function fieldText({ field, type, values, min, max }: FieldDescription): string {
  const shown =
    values === undefined
      ? min === undefined
        ? ''
        : ` ${min} to ${max}`
      : ` ${values.map(({ value }) => JSON.stringify(value)).join(', ')}`
  return `${field} (${type})${shown}`
}
