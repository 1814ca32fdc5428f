import { describe, expect, test } from 'vitest'
import { collect } from '../testing/read-source.ts'
import { findColumnTypes, findMixedNumbers, typedRecords } from './field-types.ts'
import type { SourceProblem, SourceRecord } from './record.ts'

const sample = (...sources: Record<string, unknown>[]) => sources.map((source) => ({ source }))

describe('types of columns', () => {
  test('are what every value is', () => {
    const rows = sample(
      {
        id: '1',
        price: '9.90',
        count: '3',
        zip: '01234',
        sold: 'True',
        at: '2024-01-05',
        name: 'a',
        mixed: '1',
      },
      {
        id: '2',
        price: '50',
        count: '-7',
        zip: '12345',
        sold: 'false',
        at: '2024-01-05 10:00:00',
        mixed: 'n/a',
      },
      { id: '3', count: '123456789012345678' },
    )
    expect(findColumnTypes(rows)).toEqual({
      id: 'keyword',
      price: 'double',
      count: 'long',
      sold: 'boolean',
      at: 'date',
    })
    expect(findColumnTypes(rows, 'zip')).toMatchObject({ id: 'long', zip: 'keyword' })
  })

  test('of JSON are given where whole numbers and others mix', () => {
    expect(findMixedNumbers(sample({ a: 10, b: 1, c: 1.5 }, { a: 9.9, b: 2, c: 2.5 }, { a: '7' }))).toEqual({
      a: 'double',
    })
  })
})

test('values become numbers with their digits, and what is none is named with the next step', async () => {
  async function* records(): AsyncGenerator<SourceRecord> {
    yield {
      position: 'a.csv line 2',
      source: { price: '9.90', big: '12345678901234567890', sold: 'True', name: '7' },
    }
    yield { position: 'a.csv line 3', source: { price: 'n/a' } }
    yield { position: 'a.csv line 4', source: { name: 'x' } }
  }
  const problems: SourceProblem[] = []
  const types = { price: 'float', big: 'long', sold: 'boolean', name: 'keyword' }
  const typed = await collect(typedRecords(records(), types, (problem) => problems.push(problem)))
  expect(JSON.stringify(typed.map(({ source }) => source))).toBe(
    '[{"price":9.90,"big":12345678901234567890,"sold":true,"name":"7"},{"name":"x"}]',
  )
  expect(problems).toEqual([
    {
      position: 'a.csv line 3',
      message:
        'expected float in the column "price", got "n/a". Correct the value, or fill a new index with --types price:keyword',
    },
  ])
})
