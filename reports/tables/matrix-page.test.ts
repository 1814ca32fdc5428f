import { expect, test } from 'vitest'
import { matrixPage } from './matrix-page.ts'
import { outcomesOf, type VersionRun } from './version-run.ts'

const test_ = (status: string, fullName: string, failureMessages: string[] = []) => ({
  status,
  fullName,
  failureMessages,
})

const REPORT = {
  testResults: [
    {
      name: '/x/integration-tests/plugin/plugin-query.test.ts',
      message: '',
      assertionResults: [
        test_('passed', 'a'),
        test_('skipped', 'b'),
        test_('failed', 'c', ['Error: no\n at']),
      ],
    },
    {
      name: '/x/integration-tests/sweep.test.ts',
      message: 'could not start\nmore',
      assertionResults: [],
    },
  ],
}

const run = (version: string, files = outcomesOf(REPORT)): VersionRun => ({
  version,
  date: '2026-12-01T00:00:00Z',
  commit: 'abc',
  machine: '2 cores',
  java: '25',
  plugin: true,
  seconds: 120,
  files,
})

test('a file that could not even start has failed', () => {
  expect(outcomesOf(REPORT)[1]).toEqual({ file: 'sweep', passed: 0, failed: ['could not start'], skipped: 0 })
})

test('failed and skipped tests stand in the table, with their reasons below', () => {
  const clean = [{ file: 'sweep', passed: 16, failed: [], skipped: 0 }]
  const page = matrixPage([run('2.19.6'), { ...run('3.9.0', clean), plugin: 'it needs Java 21.' }])
  expect(page).toContain('| `plugin/plugin-query` | **1 failed**, 1, 1 skipped | - |')
  expect(page).toContain('| `sweep` | **1 failed** | 16 |')
  expect(page).toContain('| all | **2 failed**, 1, 1 skipped | 16 |')
  expect(page).toContain('Failed: c: Error: no Failed: could not start')
  expect(page).toContain('The tests of the plugin are skipped: it needs Java 21.')
})
