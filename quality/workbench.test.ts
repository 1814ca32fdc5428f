import { expect, test } from 'vitest'
import { forWorkbench } from './workbench.ts'

const queries = new Map([
  ['q1', 'red dress'],
  ['q2', 'blue jeans'],
  ['q3', 'red dress'],
])
const qrels = new Map([
  [
    'q1',
    new Map([
      ['a', 3],
      ['b', -1],
    ]),
  ],
  ['q2', new Map([['c', 1]])],
  [
    'q3',
    new Map([
      ['a', 1],
      ['d', 2],
    ]),
  ],
])

test('judged queries have the form of the documentation, those of one text are one', () => {
  const { querySet, judgments } = forWorkbench('shop', queries, qrels)
  expect(querySet).toMatchObject({
    name: 'shop',
    sampling: 'manual',
    querySetQueries: [{ queryText: 'red dress' }, { queryText: 'blue jeans' }],
  })
  expect(judgments).toMatchObject({
    name: 'shop',
    type: 'IMPORT_JUDGMENT',
    judgmentRatings: [
      {
        query: 'red dress',
        ratings: [
          { docId: 'a', rating: '3.000' },
          { docId: 'b', rating: '0.000' },
          { docId: 'd', rating: '2.000' },
        ],
      },
      { query: 'blue jeans', ratings: [{ docId: 'c', rating: '1.000' }] },
    ],
  })
})

test('names are cut to what the workbench takes', () => {
  const { querySet } = forWorkbench('😀'.repeat(60), queries, qrels)
  expect([...querySet.name]).toHaveLength(50)
  expect(querySet.name.isWellFormed()).toBe(true)
  expect(querySet.description.length).toBeLessThanOrEqual(250)
})
