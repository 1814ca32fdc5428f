import { documentText, type InstalledIndex } from '../../mappings/index.ts'
import type { QueryToken } from '../../sparse/query/encode-query.ts'
import { explain, type TokenContribution } from '../../sparse/query/explain.ts'
import { highlight } from '../../sparse/query/highlight.ts'
import { textStart } from '../../sparse/text-start.ts'
import { roundToImpact, truncateToFeatureField } from '../../sparse/vectors/stored-weight.ts'
import type { WordPieceTokenizer } from '../../sparse/word-pieces/tokenizer.ts'
import type { CheckedRequest } from './checked-request.ts'
import type { EngineHit } from './ranking.ts'
import type { SearchHit, SearchMode, Shares, SortValue } from './search-request.ts'
import { wantedSource } from './source-fields.ts'

export interface HitContext {
  readonly request: CheckedRequest
  readonly mode: SearchMode
  readonly index: Pick<InstalledIndex, 'specification' | 'vectorType' | 'vectorsInSource'>
  /** Weight of BM25 of hybrid in one pass. */
  readonly balance?: number | undefined
  readonly tokenizer: WordPieceTokenizer
  readonly tokens: readonly QueryToken[]
  /** Pieces of the query itself, where the first hits have added some to `tokens`. */
  readonly own?: readonly QueryToken[] | undefined
}

/**
 * A hit for the caller: its own source and, on request, its matches. Explanation and highlights read the first {@link
 * EXPLAINED_UNITS} of a text; later words count as expansions.
 */
export function searchHit<Source>(hit: EngineHit, context: HitContext): SearchHit<Source> {
  const { request, tokenizer, tokens } = context
  const { specification, vectorType } = context.index
  const source = hit._source ?? {}
  const shown = {
    id: hit._id ?? '',
    index: hit._index ?? '',
    score: hit._score ?? 0,
    source: wantedSource(source, request, specification) as Source,
    ...(request.sort === undefined ? {} : { sort: hit.sort as readonly SortValue[] | undefined }),
    ...(hit.inner_hits === undefined ? {} : { innerHits: hit.inner_hits }),
  }
  if (!request.explain && request.highlight === undefined) return shown

  const text = documentText(source, specification.fields)
  const readable = 'text' in text ? textStart(text.text, EXPLAINED_UNITS) : ''
  const explanation = explain(
    tokens,
    storedWeights(source, specification.sparse_field),
    piecesOf(readable, tokenizer),
    vectorType === 'lexpand_impacts' ? roundToImpact : truncateToFeatureField,
  )
  const marked = withOrigin(explanation, context)
  return {
    ...shown,
    ...(request.explain && context.mode !== 'bm25'
      ? { explanation: marked, shares: sharesOf(shown.score, explanation, context) }
      : {}),
    ...(request.highlight === undefined
      ? {}
      : { highlights: highlight(readable, tokenizer, matched(context, explanation), request.highlight) }),
  }
}

function sharesOf(
  score: number,
  explanation: readonly TokenContribution[],
  { balance, index }: HitContext,
): Shares | undefined {
  if (balance === undefined || !index.vectorsInSource) return undefined
  const sparse = explanation.reduce((sum, { contribution }) => sum + contribution, 0)
  return { sparse, lexical: Math.max(0, score - sparse) }
}

/** UTF-16 units: at worst a tenth of a second of tokenizing for each hit. */
export const EXPLAINED_UNITS = 1_000_000

/**
 * Words to highlight: all words of the query where BM25 takes part; in sparse mode those that the vector holds. Pieces
 * that the first hits have added are nothing that the user has asked for.
 */
function matched(
  { mode, tokens, own = tokens }: HitContext,
  explanation: readonly TokenContribution[],
): ReadonlySet<string> {
  const asked = new Set(own.map(({ token }) => token))
  if (mode !== 'sparse') return asked
  return new Set(explanation.map(({ token }) => token).filter((token) => asked.has(token)))
}

function withOrigin(
  explanation: readonly TokenContribution[],
  { own }: HitContext,
): readonly TokenContribution[] {
  if (own === undefined) return explanation
  const asked = new Set(own.map(({ token }) => token))
  return explanation.map((one) => (asked.has(one.token) ? one : { ...one, feedback: true }))
}

function storedWeights(source: Readonly<Record<string, unknown>>, field: string): Map<string, number> {
  const stored = Object.hasOwn(source, field) ? source[field] : undefined
  if (typeof stored !== 'object' || stored === null) return new Map()
  return new Map(Object.entries(stored).map(([piece, weight]) => [piece, Number(weight)]))
}

function piecesOf(text: string, tokenizer: WordPieceTokenizer): Set<string> {
  return new Set(Array.from(new Set(tokenizer.tokenize(text)), (id) => tokenizer.piece(id) ?? ''))
}
