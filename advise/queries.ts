import type { Model } from '../models/index.ts'
import type { Qrels } from '../quality/metrics.ts'
import { parseQrels, readInput, readQueries } from '../quality/query-files.ts'
import { encodeQuery, LexpandError } from '../sparse/index.ts'
import type { AdviseOptions } from './options.ts'
import type { AdviseQuery } from './quality.ts'

export interface GivenQueries {
  readonly queries: readonly AdviseQuery[]
  /** Judgments of these queries only. */
  readonly qrels: Qrels | undefined
}

/**
 * Reads queries from files: the first ones that have word pieces and, with judgments, only judged ones.
 *
 * @returns undefined without --queries
 * @throws LexpandError CONFIGURATION or INPUT for files that cannot be used
 */
export async function givenQueries(options: AdviseOptions, model: Model): Promise<GivenQueries | undefined> {
  if (options.queries === undefined) return undefined
  const texts = await readQueries(options.queries, 'advise')
  const judged =
    options.qrels === undefined ? undefined : parseQrels(await readInput(options.qrels, 'advise'), 'advise')
  const wanted = [...texts].filter(([id]) => judged?.has(id) ?? true)
  const queries = asked(wanted, model).slice(0, options.limit)
  if (queries.length === 0) {
    throw new LexpandError(
      'INPUT',
      `[advise] expected queries with word pieces${judged === undefined ? '' : ' and judgments'}, got none in ${options.queries}. Check ids and texts.`,
    )
  }
  const ids = new Set(queries.map(({ id }) => id))
  return {
    queries,
    qrels: judged === undefined ? undefined : new Map([...judged].filter(([id]) => ids.has(id))),
  }
}

/** Turns texts into weighted word pieces; texts without any are left out. */
export function asked(texts: Iterable<readonly [string, string]>, model: Model): AdviseQuery[] {
  return Array.from(texts, ([id, text]) => ({
    id,
    text,
    tokens: encodeQuery(text, model.tokenizer, model.queryTable),
  })).filter(({ tokens }) => tokens.length > 0)
}
