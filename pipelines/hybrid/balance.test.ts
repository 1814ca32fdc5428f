import { expect, test } from 'vitest'
import { balanceFor } from './balance.ts'

test('BM25 counts for more in longer questions', () => {
  const balances = [1, 8, 9, 13, 14, 29, 30, 500].map((pieces) => balanceFor({ pieces }))
  expect(balances).toEqual([0.15, 0.15, 0.2, 0.2, 0.5, 0.5, 0.7, 0.7])
})
