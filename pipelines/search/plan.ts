import type { Client } from '@opensearch-project/opensearch'
import { assertQueryTable, assertVocabulary, type Feedback } from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { encodeQuery, type QueryToken } from '../../sparse/query/encode-query.ts'
import type { QueryTable } from '../../sparse/query/query-table.ts'
import { textStart } from '../../sparse/text-start.ts'
import type { WordPieceTokenizer } from '../../sparse/word-pieces/tokenizer.ts'
import { balanceFor } from '../hybrid/balance.ts'
import { liftFor } from '../hybrid/lift.ts'
import { onePassQuery, type ScaledQuery } from '../hybrid/one-pass.ts'
import { conversationQuery, mergeTurns, turnsOf, weightedTexts } from '../query/conversation.ts'
import { type SparseField, weightTokens } from '../query/corpus-frequencies.ts'
import {
  type CorpusFrequencies,
  type QueryIdf,
  TRUSTED_DOCUMENTS,
  weightByCorpus,
} from '../query/corpus-idf.ts'
import { DEFAULT_FEEDBACK, withFeedback } from '../query/feedback.ts'
import { operatorFilters } from '../query/operators.ts'
import {
  CLAUSE_BUDGET,
  leaves,
  type QueryClause,
  type QueryForm,
  type SparseQueryOptions,
  sparseQuery,
} from '../query/query-builder.ts'
import type { CheckedRequest } from './checked-request.ts'
import type { HybridQueries } from './ranking.ts'
import type { SearchCache } from './search-cache.ts'
import type { SearchMode, SortKey } from './search-request.ts'
import type { SearchTarget } from './search-target.ts'

/** What a search needs beside the engine; a loaded model provides the first two. */
export interface SearchResources {
  readonly tokenizer: WordPieceTokenizer
  readonly queryTable: QueryTable
  /** Facts about indices and their cluster that searches share. @default one cache for each client */
  readonly cache?: SearchCache | undefined
}

/** A checked request with everything needed to answer it. */
export interface SearchContext extends SearchResources {
  readonly client: Client
  readonly cache: SearchCache
  readonly target: SearchTarget
  readonly request: CheckedRequest
}

/** How a request will be answered; no document has been searched yet. */
export interface Plan {
  readonly mode: SearchMode
  readonly coverage?: number | undefined
  readonly balance?: number | undefined
  /** Tokens with the weights of the query, where the query or an explanation needs them. */
  readonly tokens: readonly QueryToken[]
  /** One query, or two queries whose lists are fused. */
  readonly query: ScaledQuery | HybridQueries
  /** The sparse query in mode sparse, for two-phase scoring. */
  readonly sparse?: SparseQueryOptions | undefined
  /** Pieces that the first hits are to add; absent where they add none. */
  readonly feedback?: PlannedFeedback | undefined
}

/** The steps with which the first hits add word pieces to a query. */
export interface PlannedFeedback {
  readonly settings: Required<Feedback>
  /** The query that finds the first hits. */
  readonly first: ScaledQuery
  /** Weights word pieces of the model's table like those of the query. */
  weigh(tokens: readonly QueryToken[]): Promise<readonly QueryToken[]>
  /** The query with added pieces, at most as many as the engine's limit of clauses has room for. */
  with(added: readonly QueryToken[]): Pick<Plan, 'query' | 'sparse'>
}

/** Decides how a request is answered. @throws LexpandError as `search` does */
export async function planSearch(context: SearchContext): Promise<Plan> {
  const { client, tokenizer, queryTable, cache, target, request } = context
  const { asked, specification, vectorType, lexical } = target
  const hasText = lexical.plain.length > 0 || Object.keys(lexical.nested ?? {}).length > 0
  const wanted = request.mode ?? (hasText ? 'hybrid' : 'sparse')
  if (wanted !== 'bm25') {
    assertVocabulary(specification, tokenizer.vocabularyHash, target.name)
    assertQueryTable(specification, queryTable.hash, target.name)
  }
  const turns = turnsOf(request.text, request.history)
  const perTurn = turns.map((turn) => encodeQuery(turn, tokenizer, queryTable))
  const ofTable = mergeTurns(perTurn)
  const [{ text } = { text: request.text }, ...earlier] = weightedTexts(turns)
  const mode = modeFor(wanted, ofTable, request)
  const filter = [...request.filter, ...operatorFilters(request, lexical)]
  const ofWords = () => conversationQuery(lexical, [{ text, weight: 1 }, ...earlier], filter)
  if (mode === 'bm25') {
    return { mode, tokens: ofTable, query: whole(ofWords()) }
  }
  const within = request.idfScope === 'filter' && request.filter.length > 0 ? request.filter : undefined
  const field: SparseField = { index: asked, field: specification.sparse_field, vectorType, within }
  const count = (pieces: readonly string[]) => cache.frequencies(client, field, pieces)
  const { form, idf } = await formAndIdf(context, turns.length, count)
  const settings = feedbackFor(mode, request, target)
  // The plugin computes the weights of the index itself; only an explanation and feedback need them here.
  const counts = form !== 'lexpand' || request.explain || settings !== undefined
  // Weighted by the corpus before the decay, or rarity would bring earlier turns back.
  const weigh = (of: readonly QueryToken[]) => weightTokens(of, idf, count)
  const tokens = counts ? mergeTurns(await Promise.all(perTurn.map(weigh))) : ofTable
  const options = { field: field.field, vectorType, tokens, text, idf, form, filter }
  if (mode === 'hybrid' && request.fusion.type !== 'sum') {
    return { mode, tokens, query: { lexical: ofWords(), sparse: sparseQuery(options) } }
  }
  const isHybrid = mode === 'hybrid' || settings?.from === 'hybrid'
  const coverage = isHybrid ? await cache.coverage(client, asked) : undefined
  const scale = isHybrid && hasText ? await cache.textScale(client, asked, lexical, text) : 1
  const balance = isHybrid ? balanceOf(context, perTurn[0]?.length ?? 1, scale) : undefined
  const lift =
    coverage !== undefined && coverage < 1
      ? (await liftOf(counts ? tokens : ofTable, counts ? 'model' : idf, count)) / scale
      : 0
  const queryIn = (which: SearchMode, added: readonly QueryToken[] = []): Pick<Plan, 'query' | 'sparse'> => {
    const sparse = { ...options, ...withAdded(options, added) }
    if (which === 'sparse' || balance === undefined) return { query: whole(sparseQuery(sparse)), sparse }
    const grown = added.length === 0 ? lift : lift * (1 + (settings?.weight ?? 0))
    return { query: onePassQuery({ ...sparse, earlier, lexical, balance, lift: grown }) }
  }
  const feedback = settings && {
    settings,
    first: queryIn(settings.from).query as ScaledQuery,
    weigh,
    with: (added: readonly QueryToken[]) => queryIn(mode, added),
  }
  const ofHybrid = mode === 'hybrid' ? { coverage, balance } : {}
  return { mode, tokens, feedback, ...ofHybrid, ...queryIn(mode) }
}

/** The plugin accepts no weights: it cuts and weights the text itself, and the added pieces are clauses beside it. */
function withAdded(
  { form, tokens, filter }: Pick<SparseQueryOptions, 'form' | 'filter'> & { tokens: readonly QueryToken[] },
  added: readonly QueryToken[],
): Pick<SparseQueryOptions, 'tokens' | 'added'> {
  const room = Math.max(0, CLAUSE_BUDGET - tokens.length - leaves(filter))
  const fitting = added.slice(0, room)
  return form === 'lexpand' ? { tokens, added: fitting } : { tokens: withFeedback(tokens, fitting) }
}

/** The requested balance, else the one measured for the index, else that of the rules for queries, which were measured at scale 1. */
function balanceOf({ request: { fusion }, target }: SearchContext, pieces: number, scale: number): number {
  const asked = fusion.type === 'sum' ? fusion.balance : 'auto'
  return asked === 'auto' ? (target.choice?.balance ?? balanceFor({ pieces }) / scale) : asked
}

/** @returns undefined where nothing is to be added, or the order of the hits is not by score */
function feedbackFor(
  mode: 'sparse' | 'hybrid',
  request: CheckedRequest,
  { choice, vectorsInSource, specification, name }: SearchTarget,
): Required<Feedback> | undefined {
  const { feedback, fusion } = request
  if (feedback === 'off' || (mode === 'hybrid' && fusion.type !== 'sum')) return undefined
  if (!vectorsInSource) {
    if (feedback === 'auto') return undefined
    throw new LexpandError(
      'QUERY',
      `[search] expected vectors in _source of ${name} for feedback, got a mapping that leaves ${specification.sparse_field} out. Leave feedback out, or reindex into an index that keeps them.`,
    )
  }
  const chosen = feedback === 'auto' ? choice?.feedback : feedback
  if (chosen === undefined || !isByScore(request)) return undefined
  return {
    documents: chosen.documents ?? DEFAULT_FEEDBACK.documents,
    pieces: chosen.pieces ?? DEFAULT_FEEDBACK.pieces,
    weight: chosen.weight ?? DEFAULT_FEEDBACK.weight,
    from: chosen.from ?? mode,
  }
}

function isByScore({ size, sort, minScore }: CheckedRequest): boolean {
  if (size === 0) return false
  if (sort === undefined || minScore !== undefined) return true
  const keys = [sort].flat() as readonly SortKey[]
  return keys.some((key) => key === '_score' || (typeof key === 'object' && '_score' in key))
}

async function liftOf(
  ofTable: readonly QueryToken[],
  idf: QueryIdf,
  count: (pieces: readonly string[]) => Promise<CorpusFrequencies>,
): Promise<number> {
  const frequencies = await count(ofTable.map(({ token }) => token))
  return liftFor(idf === 'model' ? ofTable : weightByCorpus(ofTable, idf, frequencies), frequencies)
}

function whole(query: QueryClause): ScaledQuery {
  return { query, scale: 1 }
}

/**
 * Form and idf of a request. The plugin knows only the fixed shares of the whole corpus, and `auto` ends at one of them.
 * Conversations and counts inside a filter are asked by clauses. An index below that share is small enough for
 * clauses, whatever they cost; a request that names the form gets the weights of the model's table there.
 */
async function formAndIdf(
  context: SearchContext,
  turns: number,
  count: (pieces: readonly string[]) => Promise<CorpusFrequencies>,
): Promise<{ form: QueryForm; idf: QueryIdf }> {
  const { request } = context
  const { idf, idfScope } = request
  const wanted = await formFor(context)
  const form = wanted === 'lexpand' && (turns > 1 || idfScope === 'filter') ? 'rank_feature' : wanted
  if (form !== 'lexpand' || idf !== 'auto') return { form, idf }
  const { documents } = await count([])
  if (documents >= TRUSTED_DOCUMENTS) return { form, idf: 'blend' }
  return request.form === undefined ? { form: 'rank_feature', idf } : { form, idf: 'model' }
}

async function formFor({ client, cache, target, request: { form } }: SearchContext): Promise<QueryForm> {
  if (form === undefined) return cache.form(client, target)
  if (form === 'lexpand' || target.vectorType !== 'lexpand_impacts') return form
  throw new LexpandError(
    'QUERY',
    `[search] expected the form lexpand for ${target.name}, whose vectors are of type lexpand_impacts, got ${form}. Leave the form out, or reindex with the vector type rank_features.`,
  )
}

/** Mode of a query: without word pieces there is no sparse side, and hybrid uses only its other side; the result says so. */
function modeFor(wanted: SearchMode, tokens: readonly QueryToken[], request: CheckedRequest): SearchMode {
  if (tokens.length > 0 || wanted === 'bm25') return wanted
  if (wanted === 'hybrid' || request.emptyQuery === 'lexical') return 'bm25'
  throw new LexpandError(
    'QUERY',
    `[search] expected words of the model's vocabulary, got none in ${JSON.stringify(textStart(request.text, 80))}. Rephrase, or leave emptyQuery out: the text fields are searched then.`,
  )
}
