import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-usage-'))
  writeFileSync(join(folder, 'x.parquet'), 'x')
  writeFileSync(join(folder, 'no-text.jsonl'), '{"_id":"1","price":3}\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('wrong usage is a message and exit status 2', () => {
  test.each([
    [[]],
    [['nonsense']],
    [['index']],
    [['index', '-']],
    [['index', 'no-such-file.jsonl', '--index', 'x']],
    [['index', '-', '--index', 'x', '--format', 'xml']],
    [['index', '-', '--index', 'x', '--fields', 'a,,b']],
    [['search', 'x', '--index', 'x', '--mode', 'dense']],
    [['search', 'x', '--index', 'x', '--size', '-1']],
    [['search', 'x', '--index', 'x', '--filter', '[1]']],
    [['eval', '/no/such/folder']],
    [['eval', '.', '--modes', 'bm25,bm25']],
    [['bench', 'encode', '--lengths', '1']],
    [['search', 'x', '--index', 'x', '--opensearch', 'ftp://x']],
    [['encode', '--model', ':bad name']],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await lexpand(args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).not.toBe('')
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  test('a file of unknown kind says what to do', async () => {
    const { code, stderr } = await lexpand(['index', join(folder, 'x.parquet'), '--index', 'x'])
    expect(code).toBe(2)
    expect(stderr).toContain('--format')
  })
})

describe('failures are a message and exit status 1', () => {
  test('unknown index, as text and as JSON', async () => {
    const { code, stdout, stderr } = await lexpand(['search', 'x', '--index', 'no-such-index'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('no-such-index')
    const asJson = await lexpandJson(['search', 'x', '--index', 'no-such-index'])
    expect(asJson.code).toBe(1)
    expect(asJson.result.error).toMatchObject({
      code: 'INDEX',
      message: expect.stringContaining('no-such-index'),
    })
  })

  test('documents without any text field', async () => {
    const { code, stderr } = await lexpand([
      'index',
      join(folder, 'no-text.jsonl'),
      '--index',
      'lexpand-usage',
    ])
    expect(code).toBe(1)
    expect(stderr).toContain('--fields')
  })

  test.each([
    [['search', 'x', '--index', 'x', '--opensearch', 'http://127.0.0.1:9']],
    [['sweep', '--index', 'x', '--opensearch', 'http://127.0.0.1:9']],
    [['worker', '--redis', 'redis://127.0.0.1:9']],
    [['index', '-', '--index', 'x', '--opensearch', 'http://127.0.0.1:9']],
  ])('a service that is down: %j', async (args) => {
    const { code, stderr } = await lexpand(args, { input: '{"_id":"1","text":"t"}\n' })
    expect(code).toBe(1)
    expect(stderr).toContain('127.0.0.1:9')
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  test('a model folder that is not there', async () => {
    const { code, stderr } = await lexpand(['encode', '--model', './no-such-model'])
    expect(code).toBe(1)
    expect(stderr).toContain('no-such-model')
  })
})

test.each([
  'index',
  'worker',
  'sweep',
  'search',
  'encode',
  'eval',
  'bench encode',
  'doctor',
  'demo',
  'up',
  'down',
  'status',
])('the help of %s has usage, options and examples', async (command) => {
  const { code, stdout } = await lexpand([...command.split(' '), '--help'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Usage: lexpand /)
  expect(stdout).toContain('Options:')
  expect(stdout).toMatch(/Examples:\n {2}\$ /)
})
