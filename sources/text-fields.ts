import { LexpandError } from '../sparse/errors.ts'
import type { SourceRecord } from './record.ts'

const TITLES = ['title', 'headline', 'heading', 'name', 'subject', 'question']
const BODIES = [
  'text',
  'body',
  'content',
  'contents',
  'passage',
  'abstract',
  'description',
  'answer',
  'message',
  'summary',
]

/**
 * Finds the fields with the text of documents, in reading order: the first known title and the first known body among
 * the fields that hold text; without either, the field with the most text.
 *
 * @param sample the first records
 * @throws LexpandError INPUT when no field holds text
 */
export function findTextFields(sample: readonly Pick<SourceRecord, 'source'>[]): string[] {
  const lengths = new Map<string, number>()
  for (const { source } of sample) {
    for (const [field, value] of Object.entries(source)) {
      if (typeof value === 'string') lengths.set(field, (lengths.get(field) ?? 0) + value.length)
    }
  }
  const known = [TITLES, BODIES].flatMap((names) => names.find((name) => lengths.has(name)) ?? [])
  if (known.length > 0) return known
  const [longest] = [...lengths].filter(([field]) => field !== 'id').sort(([, a], [, b]) => b - a)
  if (longest !== undefined) return [longest[0]]
  const seen = [...new Set(sample.flatMap(({ source }) => Object.keys(source)))]
  throw new LexpandError(
    'INPUT',
    `[source] expected a field with text in the first ${sample.length} record(s), got ${seen.length === 0 ? 'no fields' : `only ${seen.slice(0, 20).join(', ')}`}. Name the text fields with --fields title,text.`,
  )
}
