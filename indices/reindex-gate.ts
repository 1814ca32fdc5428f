import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../mappings/index.ts'
import { loadModel, type Model } from '../models/index.ts'
import { resultWindow } from '../opensearch/index-limits.ts'
import { type SearchMode, search } from '../pipelines/index.ts'
import { evaluate, type Qrels, type ScoredDocument } from '../quality/metrics.ts'
import { queryFrom } from '../quality/query-files.ts'
import { LexpandError } from '../sparse/errors.ts'
import { audit } from '../workers/index.ts'
import { sampleTexts } from '../workers/reindex/index.ts'

/** Criteria for the comparison of a new index with the old one before the alias moves. */
export interface GateOptions {
  /** Query id -> text. @default first sentences of sampled documents */
  readonly queries?: ReadonlyMap<string, string> | undefined
  /** Judgments of these queries: nDCG@10 is compared instead of the first ten hits. */
  readonly qrels?: Qrels | undefined
  /** Smallest mean share of common documents among the first ten, 0 to 1. @default .5 */
  readonly minOverlap?: number | undefined
  /** Largest loss of nDCG@10, 0 to 1. @default .01 */
  readonly maxLoss?: number | undefined
  /** Model of the old index, if it is neither the new one nor the bundled one. */
  readonly oldModel?: Model | undefined
}

export const DEFAULT_MIN_OVERLAP = 0.5
export const DEFAULT_MAX_LOSS = 0.01

export interface GateReport {
  readonly queries: number
  readonly overlapAt10?: number | undefined
  readonly ndcgAt10?: { readonly old: number; readonly new: number } | undefined
}

export interface Gate {
  readonly client: Client
  readonly options: GateOptions
  readonly source: string
  readonly target: string
  /** Undefined when the old index has no vectors: BM25 then ranks it, and only judgments can compare. */
  readonly oldSpecification: IndexSpecification | undefined
  readonly specification: IndexSpecification
  readonly model: Model
}

const SAMPLED_QUERIES = 50
const DEPTH = 10

/**
 * Compares the new index with the old one before the alias moves.
 *
 * @throws LexpandError INDEX with the figures when the new one is not good enough
 */
export async function runGate(gate: Gate, signal: AbortSignal): Promise<GateReport> {
  const { client, options, target } = gate
  const { qrels, minOverlap = DEFAULT_MIN_OVERLAP, maxLoss = DEFAULT_MAX_LOSS } = options
  const { stale, foreign, vectorMissing, orphanVector } = await audit(client, target, { signal })
  if (stale + foreign + vectorMissing + orphanVector > 0) {
    throw refusal(
      `an audit of ${target} without problems, got ${stale} stale, ${foreign} foreign, ${vectorMissing} without their vector, ${orphanVector} with one too many`,
    )
  }
  const queries = await queriesOf(gate)
  const oldModel = await modelOfOld(gate)
  const mode: SearchMode = oldModel === undefined ? 'bm25' : 'sparse'
  const before = await rank(client, { index: gate.source, model: oldModel ?? gate.model, mode }, queries)
  const after = await rank(client, { index: target, model: gate.model, mode: 'sparse' }, queries)
  const report = { queries: queries.size }
  if (qrels !== undefined) {
    const ndcg = (run: Run) => evaluate(run, qrels).mean.ndcg_at_10
    const ndcgAt10 = { old: ndcg(before), new: ndcg(after) }
    if (ndcgAt10.new < ndcgAt10.old - maxLoss) {
      throw refusal(
        `nDCG@10 of at least ${(ndcgAt10.old - maxLoss).toFixed(4)} (${ndcgAt10.old.toFixed(4)} by ${mode} in ${gate.source}, --max-loss ${maxLoss}), got ${ndcgAt10.new.toFixed(4)}`,
      )
    }
    return { ...report, ndcgAt10 }
  }
  if (mode === 'bm25') return report
  const overlapAt10 = overlap(ids(before), ids(after))
  if (overlapAt10 < minOverlap) {
    throw refusal(
      `the first ${DEPTH} hits of ${queries.size} queries to agree by at least ${minOverlap} (--min-overlap), got ${overlapAt10.toFixed(3)}`,
    )
  }
  return { ...report, overlapAt10 }
}

/** Mean share of common ids; queries without hits on both sides do not count. 1 when none counts. */
export function overlap(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): number {
  const shares: number[] = []
  for (const [query, old] of before) {
    const found = new Set(after.get(query) ?? [])
    const longer = Math.max(old.length, found.size)
    if (longer > 0) shares.push(old.filter((id) => found.has(id)).length / longer)
  }
  return shares.length === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / shares.length
}

type Run = ReadonlyMap<string, readonly ScoredDocument[]>

function ids(run: Run): Map<string, string[]> {
  return new Map([...run].map(([query, hits]) => [query, hits.map(({ id }) => id)]))
}

/** One side of the comparison. */
interface Side {
  readonly index: string
  readonly model: Model
  readonly mode: SearchMode
}

async function rank(
  client: Client,
  { index, model, mode }: Side,
  queries: ReadonlyMap<string, string>,
): Promise<Run> {
  const run = new Map<string, ScoredDocument[]>()
  const size = Math.min(DEPTH, await resultWindow(client, index))
  for (const [id, text] of queries) {
    const request = { index, text, mode, size, sourceFields: [], emptyQuery: 'lexical' } as const
    const { hits } = await search(client, model, request)
    run.set(
      id,
      hits.map((hit) => ({ id: hit.id, score: hit.score })),
    )
  }
  return run
}

async function queriesOf({ client, options, source, specification }: Gate): Promise<Map<string, string>> {
  if (options.queries !== undefined) return new Map(options.queries)
  const texts = await sampleTexts(client, source, specification.fields, SAMPLED_QUERIES)
  return new Map(
    texts.map((text, at) => [`${at + 1}`, queryFrom(text)] as const).filter(([, query]) => query !== ''),
  )
}

/** @throws LexpandError MODEL when the old index cannot be ranked because its model is missing */
async function modelOfOld({ oldSpecification, model, options }: Gate): Promise<Model | undefined> {
  if (oldSpecification === undefined) return undefined
  const { name, vocabulary_hash, query_table_hash } = oldSpecification.model
  const fits = ({ manifest }: Model) =>
    manifest.vocabulary_hash === vocabulary_hash && manifest.query_table_hash === query_table_hash
  if (fits(model)) return model
  const old = options.oldModel ?? (await loadModel())
  if (fits(old)) return old
  throw new LexpandError(
    'MODEL',
    `[reindex] expected the model of the old index (${name}) to compare with, got ${old.manifest.name}. Give it as oldModel (--old-model).`,
  )
}

function refusal(expectation: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[reindex] expected ${expectation}. The alias stays where it is. Look at the new index, then change the options or the bound and run the same command again.`,
  )
}
