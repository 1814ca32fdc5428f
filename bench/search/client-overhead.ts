import { percentile } from '../../measure/latency.ts'
import { SPARSE_FIELD } from '../../measure/search-variants.ts'
import type { Model } from '../../models/index.ts'
import { sparseQuery } from '../../pipelines/index.ts'
import { encodeQuery } from '../../sparse/index.ts'

/** Milliseconds from the text to the bytes of the request: what the client adds to every search. */
export interface ClientOverhead {
  readonly p50_ms: number
  readonly p99_ms: number
  readonly mean_ms: number
}

/** Largest accepted time of the client: far below the minimum of a search over HTTP. */
export const CLIENT_OVERHEAD_BOUND_MS = 0.2

/**
 * Tokenizes, weights and builds the request with stock clauses, the form with the largest request; nothing is sent.
 *
 * @param texts queries with word pieces, at least one
 */
export function clientOverhead(
  texts: readonly string[],
  model: Pick<Model, 'tokenizer' | 'queryTable'>,
  rounds: number,
): ClientOverhead {
  const times: number[] = []
  for (let round = 0; round <= rounds; round++) {
    for (const text of texts) {
      const startedAt = performance.now()
      const tokens = encodeQuery(text, model.tokenizer, model.queryTable)
      const query = sparseQuery({ field: SPARSE_FIELD, tokens, form: 'rank_feature' })
      const body = Buffer.from(JSON.stringify({ size: 10, track_total_hits: false, query }))
      const milliseconds = performance.now() - startedAt
      // The first round warms up. The body is never empty, but the check keeps the work from being optimised away.
      if (round > 0 && body.length > 0) times.push(milliseconds)
    }
  }
  return {
    p50_ms: percentile(times, 50),
    p99_ms: percentile(times, 99),
    mean_ms: times.reduce((sum, each) => sum + each, 0) / times.length,
  }
}
