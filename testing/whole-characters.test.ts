import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wrap } from '../cli/demo/columns.ts'
import { resultPage } from '../cli/search/search-page.ts'
import { engineCause } from '../opensearch/failures/engine-cause.ts'
import { assertIndexName } from '../opensearch/index-name.ts'
import { leadingTerms } from '../pipelines/query/leading-terms.ts'
import { queryFrom } from '../quality/query-files.ts'
import { findDialect } from '../sources/csv/dialect.ts'
import { shorten } from '../sources/record.ts'
import { passages } from '../sources/text/passages.ts'
import { highlight } from '../sparse/query/highlight.ts'
import { letterOf } from '../workers/dead-letters/fail-documents.ts'
import { failedSidecar } from '../workers/documents/states.ts'
import { BoundedLabels } from '../workers/telemetry/bounded-labels.ts'
import { readHouse } from './floor-plan.ts'
import { testTokenizer } from './test-fixtures.ts'

const TOKENIZER = testTokenizer()

/** All functions that cut a user's text, at every possible cut. */
const CUTS: Readonly<Record<string, (text: string) => string>> = {
  'a value in a message': (text) => shorten(text),
  'a metric label': (text) => new BoundedLabels(1).of(text),
  'the reason of a failed document': (text) => failedSidecar('h', 'f', text).error ?? '',
  'a dead letter': (text) => JSON.stringify(letterOf('i', letter(text), 'f', 1)),
  "the engine's cause": (text) => engineCause(400, { type: 'mapper', reason: text.replace(/['"[]/g, '') }),
  'the name of an index that is none': (text) => message(() => assertIndexName(`_${text}`, 'test')),
  'a line of a CSV file that is none': (text) => message(() => findDialect(`${text};-1.5,b`, 'x.csv', {})),
  'a column of a terminal': (text) => wrap(text, 7).join('\n'),
  'the page of a search': (text) => printed(text),
  'the first words of a query': (text) => leadingTerms(text, 3),
  'a query taken from a document': (text) => queryFrom(text),
  passages: (text) => passages(text, 2).join('\n'),
  highlights: (text) => highlight(text, TOKENIZER, new Set(['a']), { fragmentLength: 5 }).join('\n'),
}

test.each(Object.entries(CUTS))('%s holds no half character', (_, cut) => {
  // Runs of one character reach the limits; one ordinary character before them moves every cut by a unit.
  const part = fc.tuple(fc.constantFrom('a', ' ', '.', '中', '👍', '𝒜'), fc.constantFrom(1, 2, 39, 120, 700))
  const text = fc
    .array(part, { minLength: 1, maxLength: 8 })
    .map((parts) => parts.map(([character, times]) => character.repeat(times)).join(''))
  fc.assert(
    fc.property(text, (whole) => {
      expect(cut(whole).isWellFormed()).toBe(true)
    }),
    { numRuns: 60, seed: 13 },
  )
})

/**
 * Cuts at a number of UTF-16 units that are none of text: digests, lists and identities. Text is cut by `textStart`.
 */
const OTHERS = /^\s*$|digest|identity|hash|names|seen|ranked|grades|words|characters|date$|model$|\]/

test('text is cut by whole characters only', () => {
  const house = readHouse(join(import.meta.dirname, '..'))
  const cuts = house.files.flatMap((file) =>
    readFileSync(join(import.meta.dirname, '..', file), 'utf8')
      .split('\n')
      .filter((line) =>
        /\.substr\(|\.slice\((0, |-)(\d\d|[A-Z_]*(CHARACTERS|UNITS|LENGTH)|width|length)/.test(line),
      )
      .filter(
        (line) => !line.includes('.toWellFormed()') && !OTHERS.test(line.slice(0, line.indexOf('.slice('))),
      )
      .map((line) => `${file}: ${line.trim()}`),
  )
  expect(cuts).toEqual([])
})

function printed(text: string): string {
  const hits = [{ id: 'd', index: 'i', score: 1, source: { text } }]
  return resultPage({ mode: 'sparse', tookMs: 1, engineTookMs: 1, hits }, ['text'], 0)
}

function letter(reason: string) {
  const failure = { reasonClass: 'mapper', reason, stack: `x${reason}` } as const
  return { id: 'd', seqNo: 1, primaryTerm: 1, hash: 'h', failure } as never
}

function message(refuse: () => unknown): string {
  try {
    refuse()
    return ''
  } catch (error) {
    return String(error)
  }
}
