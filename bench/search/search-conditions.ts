import type { SearchContestant } from '../../measure/measured-request.ts'
import type { BenchIndex } from '../../measure/search-index.ts'
import { overlap, type SearchMeasurement, type SearchSpeed } from '../../measure/search-speed.ts'
import {
  type BenchQuery,
  contestantOf,
  FILTERS,
  type FieldKind,
  VARIANTS,
  type Variant,
  type VariantName,
} from '../../measure/search-variants.ts'
import type { FilteredSpeeds } from './search-result.ts'

/** Conditions measured beside the plain one: one client, one segment, no filter, hits not counted. */
export const CONDITIONS = ['load', 'unmerged', 'counted', 'filtered'] as const
export type Condition = (typeof CONDITIONS)[number]

/** Exact, with Lucene's own clauses: the reference for the hits of the others. */
const REFERENCE: VariantName = 'rank_feature'

/** Each variant by its name, and once more for each condition that one client can measure in turns with it. */
export function contestantsOf(
  names: readonly VariantName[],
  indices: ReadonlyMap<FieldKind, BenchIndex>,
  queries: readonly BenchQuery[],
  { size, also }: { readonly size: number; readonly also: readonly Condition[] },
): Map<string, SearchContestant> {
  const contestants = new Map<string, SearchContestant>()
  for (const name of names) {
    const variant: Variant = VARIANTS[name]
    const { name: index, unmerged } = indices.get(variant.kind) as BenchIndex
    contestants.set(name, contestantOf(variant, index, queries, { size }))
    if (also.includes('counted'))
      contestants.set(under(name, 'counted'), contestantOf(variant, index, queries, { size, counted: true }))
    if (unmerged !== undefined)
      contestants.set(under(name, 'unmerged'), contestantOf(variant, unmerged.name, queries, { size }))
    if (!also.includes('filtered') || variant.kind === 'both' || variant.isFloor) continue
    for (const passing of FILTERS)
      contestants.set(
        under(name, `filtered ${passing}`),
        contestantOf(variant, index, queries, { size, passing }),
      )
  }
  return contestants
}

/** Speeds by variant, without variants that were not measured under the condition. */
export function speedsUnder(
  condition: 'counted' | 'unmerged',
  names: readonly VariantName[],
  { speed }: SearchMeasurement,
): Record<string, SearchSpeed> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = speed.get(under(name, condition))
      return found === undefined ? [] : [[name, found]]
    }),
  )
}

/** One entry for each filter, the widest first. */
export function filteredSpeeds(
  names: readonly VariantName[],
  measured: SearchMeasurement,
): readonly FilteredSpeeds[] {
  return FILTERS.map((passing) => ({
    passing,
    variants: Object.fromEntries(
      names.flatMap((name) => {
        const speed = measured.speed.get(under(name, `filtered ${passing}`))
        return speed === undefined ? [] : [[name, { ...speed, ...overlapOf(name, measured, passing) }]]
      }),
    ),
  }))
}

/** Share of the hits of `rank_feature` with the same filter; undefined where the variant finds other hits. */
export function overlapOf(
  name: VariantName,
  { hits }: SearchMeasurement,
  passing?: number,
): { readonly overlap?: number } {
  const of = (each: VariantName) =>
    hits.get(passing === undefined ? each : under(each, `filtered ${passing}`))
  const reference = of(REFERENCE)
  if (reference === undefined || !VARIANTS[name].comparable) return {}
  return { overlap: overlap(reference, of(name) ?? []) }
}

function under(name: VariantName, condition: 'counted' | 'unmerged' | `filtered ${number}`): string {
  return `${name} ${condition}`
}
