import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filtersOf, type NumberedHit, type PageRequest, readWholeGroups } from './whole-groups.ts'

/** An engine that has documents with these numbers, returns at most `size` of them, and breaks ties arbitrarily. */
function engine(numbers: readonly number[], size: number) {
  const hits = numbers.map((number, at) => ({ _id: `d${at}`, sort: [number] as const }))
  return async ({ range, without }: PageRequest) => {
    const fitting = hits
      .filter(({ _id, sort }) => sort[0] >= range.gte && sort[0] <= range.lte && !without.includes(_id))
      .sort((a, b) => a.sort[0] - b.sort[0] || b._id.localeCompare(a._id))
    return { hits: fitting.slice(0, size), isFull: fitting.length >= size }
  }
}

describe('a page of whole groups', () => {
  test('pages one after the other give every document once, whatever numbers they share', async () => {
    const numbers = fc.array(fc.nat(8), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(numbers, fc.integer({ min: 1, max: 9 }), async (all, size) => {
        const read = engine(all, size)
        const found: NumberedHit[] = []
        for (let gte = 0; gte <= 8; ) {
          const page = await readWholeGroups({ gte, lte: 8 }, read)
          expect(page.upTo).toBeGreaterThanOrEqual(gte)
          expect(page.isLast).toBe(page.upTo >= 8)
          for (const { sort } of page.hits) expect(sort[0]).toBeLessThanOrEqual(page.upTo)
          found.push(...page.hits)
          gte = page.upTo + 1
        }
        expect(found.map(({ _id }) => _id).sort()).toEqual(all.map((_, at) => `d${at}`).sort())
        expect(found.map(({ sort }) => sort[0])).toEqual([...all].sort((a, b) => a - b))
      }),
    )
  })

  test('costs no more requests than pages where every number has one document', async () => {
    let requests = 0
    const read = engine(
      Array.from({ length: 100 }, (_, at) => at),
      10,
    )
    const counted = (request: PageRequest) => {
      requests++
      return read(request)
    }
    for (let gte = 0; gte < 100; ) gte = (await readWholeGroups({ gte, lte: 99 }, counted)).upTo + 1
    expect(requests).toBe(12)
  })

  test('asks for a range without what was seen', () => {
    const range = { gte: 1, lte: 2 }
    expect(filtersOf('n', { range, without: [] })).toEqual({ filter: [{ range: { n: range } }] })
    expect(filtersOf('n', { range, without: ['a'] })).toEqual({
      filter: [{ range: { n: range } }],
      must_not: [{ ids: { values: ['a'] } }],
    })
  })
})
