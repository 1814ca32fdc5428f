import type { Client } from '@opensearch-project/opensearch'
import { assertQueryTable, assertVocabulary } from '../../mappings/index.ts'
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
import { operatorFilters } from '../query/operators.ts'
import {
  type QueryClause,
  type QueryForm,
  type SparseQueryOptions,
  sparseQuery,
} from '../query/query-builder.ts'
import type { CheckedRequest } from './checked-request.ts'
import type { HybridQueries } from './ranking.ts'
import type { SearchCache } from './search-cache.ts'
import type { SearchMode } from './search-request.ts'
import type { SearchTarget } from './search-target.ts'

/** What a search needs beside the engine; a loaded model provides the first two. */
export interface SearchResources {
  readonly tokenizer: WordPieceTokenizer
  readonly queryTable: QueryTable
  /** Facts about indices and their cluster that searches share. @default one cache for each client */
  readonly cache?: SearchCache | undefined
}

/** A checked request with all that answers it. */
export interface SearchContext extends SearchResources {
  readonly client: Client
  readonly cache: SearchCache
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
}

/** Decides how a request is answered. @throws LexpandError as `search` does */
export async function planSearch(target: SearchTarget, context: SearchContext): Promise<Plan> {
  const { client, tokenizer, queryTable, cache, request } = context
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
  const wantedForm = await formFor(target, context)
  const field: SparseField = { index: asked, field: specification.sparse_field, vectorType }
  const count = (pieces: readonly string[]) => cache.frequencies(client, field, pieces)
  const askable = turns.length === 1 || wantedForm !== 'lexpand' ? wantedForm : 'rank_feature'
  const { form, idf } = await inPluginWhere(askable, request.idf, request.form !== undefined, async () => {
    return (await count([])).documents
  })
  // The plugin computes the weights of the index itself; only an explanation needs them here.
  const counts = form !== 'lexpand' || request.explain
  // Weighted by the corpus before the decay, or rarity would bring earlier turns back.
  const weigh = (of: readonly QueryToken[]) => weightTokens(of, idf, count)
  const tokens = counts ? mergeTurns(await Promise.all(perTurn.map(weigh))) : ofTable
  const options = { field: field.field, vectorType, tokens, text, idf, form, filter }
  if (mode === 'sparse') return { mode, tokens, query: whole(sparseQuery(options)), sparse: options }
  if (request.fusion.type !== 'sum') {
    return {
      mode,
      tokens,
      query: { lexical: ofWords(), sparse: sparseQuery(options) },
    }
  }
  const coverage = await cache.coverage(client, asked)
  const { balance: askedBalance } = request.fusion
  const balance = askedBalance === 'auto' ? balanceFor({ tokens }) : askedBalance
  const lift = coverage < 1 ? await liftOf(counts ? tokens : ofTable, counts ? 'model' : idf, count) : 0
  return {
    mode,
    coverage,
    balance,
    tokens,
    query: onePassQuery({ ...options, earlier, lexical, balance, lift }),
  }
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
 * Form and idf of a request. The plugin knows only the fixed shares of the corpus, and `auto` ends at one of them. An
 * index below that is small enough for clauses, whatever they cost; a request that names the form gets the weights of
 * the model's table there.
 */
async function inPluginWhere(
  form: QueryForm,
  idf: QueryIdf,
  isAsked: boolean,
  documents: () => Promise<number>,
): Promise<{ form: QueryForm; idf: QueryIdf }> {
  if (form !== 'lexpand' || idf !== 'auto') return { form, idf }
  if ((await documents()) >= TRUSTED_DOCUMENTS) return { form, idf: 'blend' }
  return isAsked ? { form, idf: 'model' } : { form: 'rank_feature', idf }
}

async function formFor(
  target: SearchTarget,
  { client, cache, request: { form } }: SearchContext,
): Promise<QueryForm> {
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
