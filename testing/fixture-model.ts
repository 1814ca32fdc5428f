import type { SpecifiedModel } from '../mappings/specification.ts'

/** A model for tests that need no encoder. */
export const fixtureModel: SpecifiedModel = {
  identity: 'identity',
  manifest: {
    name: 'fixture',
    version: '1.0.0',
    max_length: 128,
    vocabulary_hash: 'vocabulary',
    query_table_hash: 'table',
  },
}
