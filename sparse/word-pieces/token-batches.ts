import { LexpandError } from '../errors.ts'

/**
 * Groups sequences for a model that pads each batch to its longest member: sequences of similar length go together, so
 * that padding is rare.
 *
 * @param lengths number of word pieces of each sequence
 * @param tokenBudget largest number of padded word pieces (longest x count) in a batch; a longer sequence goes alone
 * @returns indices into `lengths`, each exactly once, longest first, so that the batch that needs most memory fails
 *   first
 * @throws LexpandError CONFIGURATION when the budget is not a positive integer
 */
export function tokenBatches(lengths: readonly number[], tokenBudget: number): number[][] {
  if (!Number.isInteger(tokenBudget) || tokenBudget < 1) {
    throw new LexpandError(
      'CONFIGURATION',
      `[batches] expected tokenBudget to be a positive integer, got ${tokenBudget}. Change the token budget.`,
    )
  }
  const order = lengths.map((_, index) => index).sort((a, b) => lengthAt(b) - lengthAt(a) || a - b)
  const batches: number[][] = []
  let room = 0
  for (const index of order) {
    const batch = batches.at(-1)
    if (batch === undefined || room < 1) {
      batches.push([index])
      room = Math.floor(tokenBudget / Math.max(lengthAt(index), 1)) - 1
    } else {
      batch.push(index)
      room--
    }
  }
  return batches

  function lengthAt(index: number): number {
    return lengths[index] as number
  }
}
