import { errors } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import { EngineBusy } from '../../../opensearch/failures/transient.ts'
import { LexpandError } from '../../../sparse/errors.ts'
import { assertGoesOn, Paused, patiently } from './patience.ts'

const QUICK = { giveUpAfterMs: 1_000, firstMs: 1, maxMs: 1 }

function answer(statusCode: number, type: string) {
  const body = { error: { type } }
  return new errors.ResponseError({ statusCode, body, headers: {}, warnings: null, meta: {} } as never)
}

/** Throws the listed failures, then returns a value. */
function failing(...failures: Error[]) {
  return async () => {
    const failure = failures.shift()
    if (failure !== undefined) throw failure
    return 'done'
  }
}

describe('patiently', () => {
  test.each([
    ['an engine that has no room', new EngineBusy('part', 'i', '429')],
    ['a restarted node that does not know its indices yet', answer(404, 'index_not_found_exception')],
    ['a block', answer(403, 'cluster_block_exception')],
  ])('waits for %s', async (_, failure) => {
    expect(await patiently(failing(failure, failure), QUICK)).toBe('done')
  })

  test('throws at once what does not pass', async () => {
    const refusal = new LexpandError('INDEX', '[x] no.')
    await expect(patiently(failing(refusal), QUICK)).rejects.toBe(refusal)
  })

  test('throws the last failure when time is up', async () => {
    const busy = new EngineBusy('part', 'i', '429')
    await expect(patiently(() => Promise.reject(busy), { ...QUICK, giveUpAfterMs: 5 })).rejects.toBe(busy)
  })
})

test('a run that is asked to stop is paused, one whose place was taken says so', () => {
  expect(() => assertGoesOn(AbortSignal.abort())).toThrow(Paused)
  const taken = new LexpandError('INDEX', '[reindex] expected nobody, got another.')
  expect(() => assertGoesOn(AbortSignal.abort(taken))).toThrow(taken)
})
