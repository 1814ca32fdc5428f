import { documentText, type IndexSpecification } from '../../mappings/index.ts'
import type { IndexMapping } from '../../mappings/index-mapping.ts'
import { assertTextFields } from '../../mappings/text-fields.ts'
import type { SourceProblem, SourceRecord } from '../../sources/record.ts'
import { findTextFields } from '../../sources/text-fields.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { nearest } from '../../sparse/nearest.ts'

export interface FieldChoice {
  /** Fields of the option `--fields`. */
  readonly wanted?: readonly string[] | undefined
  /** Specification of the index, where Lexpand has set it up. */
  readonly installed?: IndexSpecification | undefined
  /** Mapping of the index, where there is one. */
  readonly mapping?: IndexMapping | undefined
  /** Its name, for messages. */
  readonly index: string
  /** The first records, and the problems of others before the last of them. */
  readonly sample: readonly SourceRecord[]
  readonly problems: readonly SourceProblem[]
  /** The source as named by the user, for messages. */
  readonly source: string
}

/**
 * The text fields: those of the user, else those of the index, else those found in the first documents.
 *
 * @throws LexpandError INPUT for a source without documents (its first problems are the message), and for a field that
 *   no document of the sample has; INDEX where the mapping tells why: nothing is made then
 */
export function chooseFields(choice: FieldChoice): { fields: readonly string[]; isFound: boolean } {
  const { wanted, installed, mapping = {}, index, sample, problems, source } = choice
  if (sample.length === 0 && (installed === undefined || problems.length > 0))
    throw noDocuments(source, problems)
  const fields = wanted ?? installed?.fields ?? findTextFields(sample)
  const has = (field: string) => sample.some((record) => holdsText(record, field))
  if (installed !== undefined) {
    if (sample.length > 0 && !installed.fields.some(has)) throw noText(installed.fields, sample, source)
    return { fields, isFound: false }
  }
  // Fields that the index maps may be rare; a name that neither documents nor index know is a mistake.
  const isMapped = Object.keys(mapping.properties ?? {}).length > 0
  if (!isMapped && !fields.every(has))
    throw noText(
      fields.filter((field) => !has(field)),
      sample,
      source,
    )
  if (isMapped && !fields.some(has)) {
    // Of targets of copy_to, aliases and multi-fields, which no document has, the mapping says what to name instead.
    assertTextFields(fields, mapping, index)
    throw noText(fields, sample, source)
  }
  return { fields, isFound: wanted === undefined }
}

/** "the first document", "the first 1,000 documents" */
export function firstDocuments(count: number): string {
  return count === 1 ? 'the first document' : `the first ${count.toLocaleString('en-US')} documents`
}

function holdsText({ source }: SourceRecord, field: string): boolean {
  const found = documentText(source, [field])
  return 'error' in found || found.text !== ''
}

function noDocuments(source: string, problems: readonly SourceProblem[]): LexpandError {
  const got =
    problems.length === 0
      ? 'none'
      : `none that can be read:\n${problems.map(({ position, message }) => `  ${position}: ${message}`).join('\n')}\n`
  const advice =
    problems.length === 0
      ? 'Check that it is the right one'
      : 'Correct the lines above, or say what it is with --format'
  return new LexpandError(
    'INPUT',
    `[source] expected documents in ${source}, got ${got}. ${advice}.`.replace('\n.', '\n'),
  )
}

function noText(missing: readonly string[], sample: readonly SourceRecord[], source: string): LexpandError {
  const names = [...new Set(sample.flatMap((record) => Object.keys(record.source)))]
  const close = missing.flatMap((field) => nearest(field, names) ?? [])
  const advice =
    close.length === missing.length
      ? `Did you mean --fields ${close.join(',')}?`
      : 'Name the text fields with --fields.'
  return new LexpandError(
    'INPUT',
    `[source] expected text in ${missing.join(', ')}, got none in ${firstDocuments(sample.length)} of ${source}, which ${sample.length === 1 ? 'has' : 'have'} ${names.slice(0, 20).join(', ')}. ${advice} Nothing was stored.`,
  )
}
