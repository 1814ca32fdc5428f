import type { AdviseQuery } from '../bench/advise-quality.ts'
import type { Qrels } from '../bench/metrics.ts'
import type { Model } from '../models/index.ts'
import { encodeQuery, LexpandError } from '../sparse/index.ts'
import type { AdviseFlags } from './advise.ts'
import { parseQrels, readInput, readQueries } from './query-files.ts'

export interface GivenQueries {
  readonly queries: readonly AdviseQuery[]
  /** Of these queries only. */
  readonly qrels: Qrels | undefined
}

/**
 * Queries of the files, the first ones that have word pieces, and with judgments only judged ones.
 *
 * @returns undefined without --queries
 * @throws LexpandError CONFIGURATION or INPUT for files that cannot be used
 */
export async function givenQueries(flags: AdviseFlags, model: Model): Promise<GivenQueries | undefined> {
  if (flags.queries === undefined) return undefined
  const texts = await readQueries(flags.queries, 'advise')
  const judged =
    flags.qrels === undefined ? undefined : parseQrels(await readInput(flags.qrels, 'advise'), 'advise')
  const wanted = [...texts].filter(([id]) => judged?.has(id) ?? true)
  const queries = asked(wanted, model).slice(0, flags.limit)
  if (queries.length === 0) {
    throw new LexpandError(
      'INPUT',
      `[advise] expected queries with word pieces${judged === undefined ? '' : ' and judgments'}, got none in ${flags.queries}. Check ids and texts.`,
    )
  }
  const ids = new Set(queries.map(({ id }) => id))
  return {
    queries,
    qrels: judged === undefined ? undefined : new Map([...judged].filter(([id]) => ids.has(id))),
  }
}

/** Texts as weighted word pieces; those without any are left out. */
export function asked(texts: Iterable<readonly [string, string]>, model: Model): AdviseQuery[] {
  return Array.from(texts, ([id, text]) => ({
    id,
    tokens: encodeQuery(text, model.tokenizer, model.queryTable),
  })).filter(({ tokens }) => tokens.length > 0)
}
