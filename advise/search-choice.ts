import type { Client } from '@opensearch-project/opensearch'
import type { InstalledIndex, SearchChoice } from '../mappings/index.ts'
import type { Model } from '../models/index.ts'
import { balanceFor, SearchCache, search } from '../pipelines/index.ts'
import { type Evaluation, evaluate, type Qrels, type ScoredDocument } from '../quality/metrics.ts'
import { type Comparison, compare } from '../quality/significance.ts'
import { encodeQuery } from '../sparse/index.ts'
import type { Advice } from './advice.ts'

/** Weights of BM25 that are tried beside those by the rules for queries. */
export const BALANCES = [0, 0.3, 0.5, 0.7] as const

/** What a choice sets. */
export interface SearchSettings {
  /** undefined: by the rules for queries. */
  readonly balance?: number | undefined
  readonly feedback: boolean
}

/** One way to search the index, measured on the index itself. */
export interface SearchPoint extends SearchSettings {
  readonly ndcg_at_10: number
  /** nDCG@10 against the default of a search, paired by query; absent for that itself. */
  readonly against_default?: Comparison | undefined
}

export interface SearchQueries {
  /** Query id -> text. */
  readonly texts: ReadonlyMap<string, string>
  readonly qrels: Qrels
  /** documents: each query is a piece of the one document that answers it. */
  readonly from: 'judgments' | 'documents'
}

export interface SearchMeasurement {
  readonly client: Client
  readonly found: InstalledIndex
  readonly model: Model
  readonly queries: SearchQueries
  readonly signal: AbortSignal
}

/** A gain below this is not worth a setting that somebody has to understand. */
const LEAST_GAIN = 0.003

/** How often chance alone may show a gain as large: a choice that is wrong costs next to nothing. */
const CHANCE = 0.25

/** Fewer queries say nothing about ways that differ in so few of them. */
export const FEWEST_QUERIES = 20

/**
 * Measures balances and feedback by searches of the index, as applications send them. Words of a document itself favour
 * BM25, so that queries made from documents measure feedback alone.
 *
 * @returns the default of a search first
 */
export async function measureSearch(options: SearchMeasurement): Promise<SearchPoint[]> {
  const { queries } = options
  const ways: SearchSettings[] = [{ feedback: false }, { feedback: true }]
  if (queries.from === 'judgments') {
    ways.push(...BALANCES.flatMap((balance) => [false, true].map((feedback) => ({ balance, feedback }))))
  }
  const evaluations: Evaluation[] = []
  for (const way of ways) evaluations.push(await evaluated(way, options))
  return ways.map((way, at) => pointOf(way, evaluations[at] as Evaluation, evaluations[0] as Evaluation))
}

/**
 * The settings that the points speak for: feedback where it gains at the balance of the rules, then a balance where
 * that gains on top.
 *
 * @param points the default of a search first
 */
export function chooseSearch(points: readonly SearchPoint[], queries: number): SearchSettings {
  if (queries < FEWEST_QUERIES) return { feedback: false }
  const fed = points.find(({ balance, feedback }) => balance === undefined && feedback)
  const feedback = fed?.against_default !== undefined && isGain(fed.against_default)
  const base = feedback ? (fed?.ndcg_at_10 ?? 0) : (points[0]?.ndcg_at_10 ?? 0)
  const best = points
    .filter((point) => point.balance !== undefined && point.feedback === feedback)
    .sort((a, b) => b.ndcg_at_10 - a.ndcg_at_10)[0]
  const gains =
    best?.against_default !== undefined &&
    best.ndcg_at_10 - base >= LEAST_GAIN &&
    isGain(best.against_default)
  return { feedback, balance: gains ? best.balance : undefined }
}

/** What is stored with the index. */
export function choiceOf(
  { balance, feedback }: SearchSettings,
  points: readonly SearchPoint[],
  { found, queries }: Pick<SearchMeasurement, 'found' | 'queries'>,
): SearchChoice {
  const chosen = points.find((point) => point.balance === balance && point.feedback === feedback)
  return {
    version: 1,
    fingerprint: found.specification.fingerprint,
    balance,
    feedback: feedback ? {} : undefined,
    measured: {
      queries: queries.texts.size,
      queries_from: queries.from,
      ndcg_at_10: chosen?.ndcg_at_10 ?? 0,
      ndcg_at_10_default: points[0]?.ndcg_at_10 ?? 0,
    },
  }
}

/** In words. @param isStored whether searches on `auto` use it from now on */
export function adviseSearch(
  settings: SearchSettings,
  points: readonly SearchPoint[],
  queries: SearchQueries,
  isStored: boolean,
): Advice {
  const { balance, feedback } = settings
  const change = balance !== undefined || feedback
  const value = `balance ${balance ?? 'auto'}, feedback ${feedback ? 'on' : 'off'}`
  const stored = isStored ? ' Stored with the index.' : ''
  return { about: 'search', change, value, text: `${reason(settings, points, queries)}${stored}` }
}

function reason(
  { balance, feedback }: SearchSettings,
  points: readonly SearchPoint[],
  { texts, from }: SearchQueries,
): string {
  const [base] = points
  const fed = points.find((point) => point.balance === undefined && point.feedback)
  const chosen = points.find((point) => point.balance === balance && point.feedback === feedback)
  const figures = (point: SearchPoint | undefined) => {
    const { against_default: against } = point ?? {}
    const p = against === undefined ? '' : ` (p ${against.p_value.toPrecision(2)})`
    return `nDCG@10 ${(point?.ndcg_at_10 ?? 0).toFixed(4)} instead of ${(base?.ndcg_at_10 ?? 0).toFixed(4)}${p}`
  }
  if (texts.size < FEWEST_QUERIES) {
    return `Keep the default of a search: ${texts.size} queries are too few to tell ways apart.`
  }
  if (chosen !== undefined && chosen !== base) {
    const parts = [
      ...(feedback ? ['feedback of the first hits'] : []),
      ...(balance === undefined ? [] : [`balance ${balance}`]),
    ]
    return `Search with ${parts.join(' and ')}: ${figures(chosen)}.`
  }
  const made =
    from === 'documents'
      ? ' Pieces of documents have one right answer, where feedback hardly gains: judgments of real queries (--qrels) say more.'
      : ''
  return `Keep the default of a search: with feedback it has ${figures(fed)}.${made}`
}

function isGain({ mean_difference, p_value }: Comparison): boolean {
  return mean_difference >= LEAST_GAIN && p_value <= CHANCE
}

/** @param base evaluation of the default of a search */
export function pointOf(way: SearchSettings, evaluation: Evaluation, base: Evaluation): SearchPoint {
  const values = ({ perQuery }: Evaluation) => [...perQuery.values()].map(({ ndcg_at_10 }) => ndcg_at_10)
  const against_default = evaluation === base ? undefined : compare(values(base), values(evaluation))
  return { ...way, ndcg_at_10: evaluation.mean.ndcg_at_10, against_default }
}

/** Judged queries are plain texts: a quotation mark in one is no operator. */
async function evaluated(
  { balance, feedback }: SearchSettings,
  { client, found, model, queries, signal }: SearchMeasurement,
): Promise<Evaluation> {
  const { tokenizer, queryTable } = model
  const resources = { tokenizer, queryTable, cache: new SearchCache(Number.POSITIVE_INFINITY) }
  const run = new Map<string, ScoredDocument[]>()
  for (const [id, text] of queries.texts) {
    signal.throwIfAborted()
    const pieces = encodeQuery(text, tokenizer, queryTable).length
    const { hits } = await search(client, resources, {
      index: found.name,
      text,
      size: 11,
      sourceFields: [],
      operators: false,
      // Both by name: a choice that is stored already is no part of what is compared.
      fusion: { type: 'sum', balance: balance ?? balanceFor({ pieces }) },
      feedback: feedback ? {} : 'off',
    })
    // In some test collections the queries are documents, too: a query does not find itself.
    const ranked = hits
      .map((hit) => ({ id: hit.id, score: hit.score }))
      .filter((hit) => queries.from === 'documents' || hit.id !== id)
    run.set(id, ranked.slice(0, 10))
  }
  return evaluate(run, queries.qrels)
}
