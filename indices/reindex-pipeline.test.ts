import { describe, expect, test } from 'vitest'
import { withStamp } from './reindex-pipeline.ts'

const LOWER = { lowercase: { field: 'a' } }
const CALL = { pipeline: { name: 'lexpand-v2' } }

describe('the pipeline of the new index', () => {
  test('has the new stamp in the place of the old one', () => {
    const old = [{ pipeline: { name: 'lexpand-v1' } }, LOWER]
    expect(withStamp(old, 'lexpand-v1', 'lexpand-v2')).toEqual([CALL, LOWER])
  })

  test('ends with the stamp when there was none', () => {
    expect(withStamp([LOWER], 'lexpand-v1', 'lexpand-v2')).toEqual([LOWER, CALL])
  })
})
