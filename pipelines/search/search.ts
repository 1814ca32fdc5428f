import type { Client } from '@opensearch-project/opensearch'
import {
  assertQueryTable,
  assertVocabulary,
  type InstalledIndex,
  translateEngineError,
} from '../../mappings/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { encodeQuery, type QueryToken } from '../../sparse/query/encode-query.ts'
import type { QueryTable } from '../../sparse/query/query-table.ts'
import type { WordPieceTokenizer } from '../../sparse/word-pieces/tokenizer.ts'
import { weightTokens } from '../query/corpus-frequencies.ts'
import { lexicalQuery } from '../query/lexical-query.ts'
import { type QueryForm, sparseQuery } from '../query/query-builder.ts'
import type { TwoPhaseReport } from '../query/two-phase.ts'
import { type CheckedRequest, checkRequest } from './checked-request.ts'
import { searchHit } from './hits.ts'
import { ownerPipeline } from './owner-pipeline.ts'
import { fuseInClient, fuseInEngine, type Ranking, type RankingContext, rankBy } from './ranking.ts'
import { type SearchCache, searchCacheOf } from './search-cache.ts'
import type { SearchMode, SearchRequest, SearchResult } from './search-request.ts'
import { sourceFilter } from './source-fields.ts'
import { rankInTwoPhases } from './two-phase-ranking.ts'

/** What a search needs besides the engine; a loaded model has the first two. */
export interface SearchResources {
  readonly tokenizer: WordPieceTokenizer
  readonly queryTable: QueryTable
  /** What searches remember of indices and their cluster. @default one for each client */
  readonly cache?: SearchCache | undefined
}

/**
 * Answers a query from text to hits. No model runs: the text is cut into word pieces, weighted by the table, and
 * the engine does the rest.
 *
 * Needs `indices:data/read/search`, `indices:data/read/msearch` (hybrid in the client),
 * `indices:admin/mappings/get`, and `cluster:monitor/nodes/info` for the engine's own hybrid (without it the
 * client fuses) with `indices:monitor/settings/get`, and `indices:admin/validate/query` to use the plugin (without it,
 * the stock form).
 *
 * @typeParam Source of the documents as they are stored; it is not checked
 * @throws LexpandError QUERY for a request that is wrong or a query that cannot be run, INDEX for an index that is missing or made with another
 *   model (both hashes in the message), SERVICE when the engine does not answer
 */
export async function search<Source = Readonly<Record<string, unknown>>>(
  client: Client,
  resources: SearchResources,
  request: SearchRequest,
): Promise<SearchResult<Source>> {
  const started = performance.now()
  const checked = checkRequest(request)
  const cache = resources.cache ?? searchCacheOf(client)
  try {
    const index = await cache.index(client, checked.index)
    const answer = await answerFrom(index, client, resources, checked, cache)
    if (!looksMoved(answer.ranking, index))
      return resultOf<Source>(answer, index, resources, checked, started)
    // The alias may point elsewhere since its specification was read, so that we asked for fields of another index.
    cache.forget(checked.index)
    const current = await cache.index(client, checked.index)
    const again = isSame(current, index)
      ? answer
      : await answerFrom(current, client, resources, checked, cache)
    return resultOf<Source>(again, current, resources, checked, started)
  } catch (error) {
    throw translateEngineError(error, { part: 'search', index: checked.index })
  }
}

interface Answer {
  readonly mode: SearchMode
  readonly coverage: number | undefined
  readonly tokens: readonly QueryToken[]
  readonly ranking: Ranking
  readonly twoPhase?: TwoPhaseReport | undefined
}

async function answerFrom(
  index: InstalledIndex,
  client: Client,
  resources: SearchResources,
  request: CheckedRequest,
  cache: SearchCache,
): Promise<Answer> {
  const { name, specification } = index
  const coverage = request.mode === undefined ? await cache.coverage(client, request.index) : undefined
  const wanted = request.mode ?? ((coverage ?? 1) < 1 ? 'hybrid' : 'sparse')
  if (wanted !== 'bm25') {
    assertVocabulary(specification, resources.tokenizer.vocabularyHash, name)
    assertQueryTable(specification, resources.queryTable.hash, name)
  }
  const ofTable = encodeQuery(request.text, resources.tokenizer, resources.queryTable)
  const mode = modeFor(wanted, ofTable, request)
  const context: RankingContext = { client, request, source: sourceFilter(request, specification) }
  const lexical = () => lexicalQuery(index.lexical, request.text, request.filter)
  const form = mode === 'bm25' ? undefined : await formFor(index, client, request, cache)
  const { text, idf, filter } = request
  // The plugin weights by the index itself; only an explanation needs its weights here.
  const counts = form !== undefined && (form !== 'lexpand' || request.explain)
  const field = specification.sparse_field
  const place = { index: name, field, vectorType: index.vectorType }
  const tokens = counts ? await weightTokens(client, cache, place, ofTable, idf) : ofTable
  if (form === undefined) return { mode, coverage, tokens, ranking: await rankBy(lexical(), context) }
  const options = { field, tokens, text, idf, form, filter }
  const sparse = () => sparseQuery(options)
  if (mode === 'sparse') {
    const { twoPhase } = request
    const asked = twoPhase !== undefined && form !== 'lexpand'
    const answer = asked ? await rankInTwoPhases(options, twoPhase, context) : undefined
    return { mode, coverage, tokens, ...(answer ?? { ranking: await rankBy(sparse(), context) }) }
  }
  const queries = { lexical: lexical(), sparse: sparse() }
  const { fusion } = request
  const ranking =
    fusion.type === 'min_max' && (await fusesInEngine(request, client, cache))
      ? await fuseInEngine(queries, fusion.bm25Weight, context)
      : await fuseInClient(queries, context)
  return { mode, coverage, tokens, ranking }
}

async function formFor(
  index: InstalledIndex,
  client: Client,
  { form }: CheckedRequest,
  cache: SearchCache,
): Promise<QueryForm> {
  if (form === undefined) return cache.form(client, index)
  if (form === 'lexpand' || index.vectorType !== 'lexpand_impacts') return form
  throw new LexpandError(
    'QUERY',
    `[search] expected the form lexpand for ${index.name}, whose vectors are of type lexpand_impacts, got ${form}. Leave the form out, or reindex with the vector type rank_features.`,
  )
}

/** A query without word pieces has no sparse side; hybrid then keeps its other side, and the result says so. */
function modeFor(wanted: SearchMode, tokens: readonly QueryToken[], request: CheckedRequest): SearchMode {
  if (tokens.length > 0 || wanted === 'bm25') return wanted
  if (wanted === 'hybrid' || request.emptyQuery === 'lexical') return 'bm25'
  throw new LexpandError(
    'QUERY',
    `[search] expected words of the model's vocabulary, got none in ${JSON.stringify(request.text.slice(0, 80))}. Rephrase, or leave emptyQuery out: the text fields are searched then.`,
  )
}

/** The engine fuses by a pipeline inside the request, which would take the place of the owner's. */
async function fusesInEngine(request: CheckedRequest, client: Client, cache: SearchCache): Promise<boolean> {
  const { fuseIn, index } = request
  if (fuseIn === 'client' || (fuseIn === undefined && !(await cache.hasNeuralSearch(client)))) return false
  const pipeline = await ownerPipeline(client, index)
  if (pipeline === undefined) return true
  if (fuseIn === undefined) return false
  throw new LexpandError(
    'QUERY',
    `[search] expected an index without a default search pipeline to fuse in the engine, got ${pipeline} on ${index}: the fusion's own pipeline would take its place, and a filter in it would not hold. Leave fuseIn out, or set it to client.`,
  )
}

/** No hits, or hits of another index than the one whose specification was used. */
function looksMoved({ hits }: Ranking, { name }: InstalledIndex): boolean {
  return hits.length === 0 || hits.some(({ _index }) => _index !== name)
}

function isSame(a: InstalledIndex, b: InstalledIndex): boolean {
  return (
    a.name === b.name &&
    a.vectorType === b.vectorType &&
    a.specification.fingerprint === b.specification.fingerprint
  )
}

function resultOf<Source>(
  { mode, coverage, tokens, ranking, twoPhase }: Answer,
  index: InstalledIndex,
  { tokenizer }: SearchResources,
  request: CheckedRequest,
  started: number,
): SearchResult<Source> {
  const hits = ranking.hits.map((hit) => searchHit<Source>(hit, { request, mode, index, tokenizer, tokens }))
  return {
    mode,
    tookMs: performance.now() - started,
    engineTookMs: ranking.engineTookMs,
    total: ranking.total,
    coverage,
    twoPhase,
    hits,
  }
}
