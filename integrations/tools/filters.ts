import { z } from 'zod'
import type { QueryClause } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { nearest } from '../../sparse/nearest.ts'
import { textStart } from '../../sparse/text-start.ts'
import type { FilterField } from './filter-fields.ts'

const value = z.union([z.string().max(1_000), z.number(), z.boolean()])
const bound = z.union([z.string().max(100), z.number()])

/** One condition on one field. An agent names fields and values; only this file writes query DSL. */
export const filterSchema = z
  .strictObject({
    field: z.string().min(1).max(256).describe('Name of a field that list_indices shows'),
    equals: value.optional(),
    any_of: z.array(value).min(1).max(100).optional(),
    gte: bound.optional().describe('At least: a number, or a date such as 2024-05-01 or now-7d'),
    gt: bound.optional(),
    lte: bound.optional(),
    lt: bound.optional(),
  })
  .refine(({ field: _, ...conditions }) => Object.values(conditions).some((given) => given !== undefined), {
    error: 'expected equals, any_of, gte, gt, lte or lt beside the field',
  })

export const filtersSchema = z
  .array(filterSchema)
  .max(16)
  .describe('Conditions that every hit must meet, all of them')

export type Filter = z.output<typeof filterSchema>

/**
 * Turns conditions into query DSL.
 *
 * @throws LexpandError QUERY for a field that cannot be filtered
 */
export function filterClauses(filters: readonly Filter[], fields: readonly FilterField[]): QueryClause[] {
  return filters.flatMap((filter) => clausesOf(filter, pathOf(filter.field, fields)))
}

function pathOf(name: string, fields: readonly FilterField[]): string {
  const found = fields.find((field) => field.name === name || field.path === name)
  if (found !== undefined) return found.path
  const names = fields.map((field) => field.name)
  const near = nearest(name, names)
  const known = names.length === 0 ? 'none' : names.slice(0, 30).join(', ')
  const advice = near === undefined ? 'Take one of these.' : `Did you mean ${near}?`
  throw new LexpandError(
    'QUERY',
    `[tools] expected a field to filter by (${known}), got ${JSON.stringify(textStart(name, 120))}. ${advice}`,
  )
}

function clausesOf({ field: _, equals, any_of, ...range }: Filter, path: string): QueryClause[] {
  const bounds = Object.fromEntries(Object.entries(range).filter(([, limit]) => limit !== undefined))
  return [
    ...(equals === undefined ? [] : [{ term: { [path]: { value: equals } } }]),
    ...(any_of === undefined ? [] : [{ terms: { [path]: any_of } }]),
    ...(Object.keys(bounds).length === 0 ? [] : [{ range: { [path]: bounds } }]),
  ] as QueryClause[]
}
