import { z } from 'zod'

/** Results of a test file on one release, with the reasons for failed and skipped tests. */
export interface FileOutcome {
  /** Below `integration-tests/`. */
  readonly file: string
  readonly passed: number
  /** Title and first line of the message. */
  readonly failed: readonly string[]
  readonly skipped: number
}

/** The tests of one release: a column of the table. */
export interface VersionRun {
  readonly version: string
  /** ISO 8601. */
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly java: string
  /** Whether the tests of the plugin could run; the reason when not. */
  readonly plugin: true | string
  readonly seconds: number
  readonly files: readonly FileOutcome[]
}

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
})

/** Parses the output of vitest's reporter `json`. */
export function outcomesOf(report: unknown): FileOutcome[] {
  return vitestReport.parse(report).testResults.map(({ name, message, assertionResults: tests }) => {
    const failed = tests
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${firstLine(failureMessages?.[0] ?? '')}`)
    const passed = tests.filter(({ status }) => status === 'passed').length
    // A file that could not be loaded, or whose services did not start, has no failed test.
    const isBroken = failed.length === 0 && message !== ''
    return {
      file: name.slice(name.indexOf(FOLDER) + FOLDER.length).replace(/\.test\.ts$/, ''),
      passed,
      failed: isBroken ? [firstLine(message)] : failed,
      skipped: tests.length - passed - failed.length,
    }
  })
}

const FOLDER = 'integration-tests/'

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 200)
}
