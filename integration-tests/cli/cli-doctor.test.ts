import { afterAll, expect, inject, test } from 'vitest'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'

interface Check {
  readonly name: string
  readonly status: string
  readonly message: string
}

const index = uniqueName('doctor')
const client = testClient(inject('opensearchUrl'))
afterAll(() => removeIndices(client, index))

test('a healthy set-up passes every check', async () => {
  const { code, result } = await lexpandJson(['doctor'])
  const failed = result.checks.filter(({ status }: Check) => status === 'fail')
  expect(failed).toEqual([])
  expect(code).toBe(0)
  expect(of(result.checks, 'opensearch')).toMatchObject({ status: 'ok' })
  expect(of(result.checks, 'model')).toMatchObject({
    status: 'ok',
    message: expect.stringContaining('checksums'),
  })
})

test('an index is looked at by name: coverage and what waits', async () => {
  await lexpandJson(['index', '-', '--index', index, '--no-wait'], { input: '{"_id":"1","text":"one"}\n' })
  const waiting = await lexpandJson(['doctor', '--index', index])
  expect(of(waiting.result.checks, 'coverage')).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('1 pending'),
  })
  await lexpandJson(['index', '-', '--index', index], { input: '{"_id":"1","text":"one"}\n' })
  const covered = await lexpandJson(['doctor', '--index', index])
  expect(of(covered.result.checks, 'coverage')).toMatchObject({
    status: 'ok',
    message: expect.stringContaining('100.0%'),
  })
  expect(of(covered.result.checks, 'index')).toMatchObject({ status: 'ok' })
})

test('what is broken fails with what to do, and the other checks go on', async () => {
  const { code, stdout } = await lexpand([
    'doctor',
    '--opensearch',
    'http://127.0.0.1:9',
    '--index',
    'no-such',
    '--redis',
    'redis://127.0.0.1:9',
  ])
  expect(code).toBe(1)
  expect(stdout).toMatch(/^fail {2}opensearch/m)
  expect(stdout).toMatch(/^fail {2}redis/m)
  expect(stdout).toMatch(/^ok {4}model/m)
})

function of(checks: readonly Check[], name: string): Check | undefined {
  return checks.find((found) => found.name === name)
}
