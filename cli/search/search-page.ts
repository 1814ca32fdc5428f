import type { Client } from '@opensearch-project/opensearch'
import { documentText } from '../../mappings/index.ts'
import type { FeedbackReport, SearchHit, SearchResult } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { textStart } from '../../sparse/text-start.ts'

/** Number of values of a facet that are counted. */
const FACET_VALUES = 10

/**
 * Aggregations that count values, by field. A text field is counted by its keyword field (`brand` by `brand.keyword`),
 * if it has one.
 *
 * @param index names separated by commas
 * @throws LexpandError QUERY for a field whose values cannot be counted
 */
export async function facetAggregations(
  client: Client,
  index: string,
  facets: readonly string[],
): Promise<Record<string, object>> {
  const fields = await valueFields(client, index, facets)
  return Object.fromEntries(
    facets.map((facet, at) => [facet, { terms: { field: fields[at], size: FACET_VALUES } }]),
  )
}

/**
 * The fields that hold the values of others: each itself, or its keyword field.
 *
 * @param index names separated by commas
 * @throws LexpandError QUERY for a field whose values cannot be compared
 */
export async function valueFields(
  client: Client,
  index: string,
  names: readonly string[],
): Promise<string[]> {
  const fields = names.flatMap((name) => [name, `${name}.keyword`])
  const { body } = await client.fieldCaps({ index, fields })
  const hasValues = (name: string) =>
    Object.hasOwn(body.fields, name) &&
    Object.values(body.fields[name] ?? {}).every((type) => type.aggregatable)
  return names.map((name) => {
    const field = [name, `${name}.keyword`].find(hasValues)
    if (field !== undefined) return field
    throw new LexpandError(
      'QUERY',
      `[search] expected a field whose values can be counted, got ${name}. Name a keyword, number, date or boolean field.`,
    )
  })
}

/** Explains the marks of {@link explained}. */
const LEGEND = '     * the encoder added this piece, the text does not have it; ## continues a word'

/** A page of hits for people. @param fields fields shown of a hit without excerpts */
export function resultPage(
  { mode, tookMs, coverage, total, hits, aggregations, feedback }: SearchResult,
  fields: readonly string[],
  from: number,
): string {
  const partly =
    coverage === undefined || coverage === 1
      ? ''
      : ` (${(coverage * 100).toFixed(1)}% of the documents have a vector yet)`
  const of = total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`
  const noun = (total ?? hits.length) === 1 ? 'hit' : 'hits'
  return [
    `${hits.length}${of} ${noun} by ${mode}${partly} in ${tookMs.toFixed(1)} ms`,
    ...(feedback === undefined ? [] : [addedBy(feedback)]),
    ...hits.map((hit, at) => lines(hit, fields, from + at + 1)),
    ...(hits.some(({ explanation }) => explanation !== undefined) ? [LEGEND] : []),
    ...Object.entries(aggregations ?? {}).map(([name, facet]) => `${name}: ${counts(facet as Facet)}`),
  ].join('\n')
}

/** Number of pieces that are named; the others weigh less. */
const NAMED_PIECES = 8

function addedBy({ documents, pieces }: FeedbackReport): string {
  const named = pieces.slice(0, NAMED_PIECES).map(({ token, weight }) => `${token} ${weight.toFixed(2)}`)
  const others = pieces.length - named.length
  const from = documents.length === 1 ? 'the first hit' : `the first ${documents.length} hits`
  return `added from ${from}: ${named.join(', ')}${others > 0 ? ` and ${others} lighter` : ''}`
}

function lines(hit: SearchHit, fields: readonly string[], rank: number): string {
  const text = fields
    .map((field) => shownValue(hit.source, field))
    .filter((value) => value !== undefined && value !== null && value !== '')
    .map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
  const { explanation, highlights, shares } = hit
  const lexical = shares === undefined ? '' : ` + BM25 ${shares.lexical.toFixed(2)}`
  return [
    `${String(rank).padStart(3)}. ${hit.score.toFixed(3).padStart(7)}  ${hit.id}`,
    ...(highlights === undefined || highlights.length === 0
      ? [`     ${shorten(text.join(' | '), 200)}`]
      : highlights.map((excerpt) => `     ${excerpt.replace(/\s+/g, ' ')}`)),
    ...(explanation === undefined ? [] : [`     ${explained(explanation)}${lexical}`]),
  ].join('\n')
}

/** The text of a field, also that of lists and nested objects; of other fields the value. */
function shownValue(source: object, field: string): unknown {
  const found = documentText(source, [field])
  return 'text' in found && found.text !== '' ? found.text : valueAt(source, field)
}

function valueAt(source: unknown, path: string): unknown {
  if (typeof source !== 'object' || source === null) return undefined
  if (Object.hasOwn(source, path)) return (source as Record<string, unknown>)[path]
  const dot = path.indexOf('.')
  if (dot < 0 || !Object.hasOwn(source, path.slice(0, dot))) return undefined
  return valueAt((source as Record<string, unknown>)[path.slice(0, dot)], path.slice(dot + 1))
}

/** Summands of a score, as "envy* 3.21 + jealous 2.10"; a star marks pieces that the text does not have. */
export function explained(explanation: NonNullable<SearchHit['explanation']>): string {
  return explanation
    .map(({ token, contribution, expansion }) => `${token}${expansion ? '*' : ''} ${contribution.toFixed(2)}`)
    .join(' + ')
}

interface Facet {
  readonly sum_other_doc_count?: number | undefined
  readonly buckets: readonly { key: unknown; key_as_string?: string | undefined; doc_count: number }[]
}

function counts({ buckets, sum_other_doc_count: others = 0 }: Facet): string {
  const all = buckets.map(({ key, key_as_string, doc_count }) => `${key_as_string ?? key} (${doc_count})`)
  return [...all, ...(others > 0 ? [`others (${others})`] : [])].join(', ') || 'no values'
}

function shorten(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${textStart(line, length - 3)}...`
}
