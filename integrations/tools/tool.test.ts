import { Client } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { SearchResources } from '../../pipelines/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { Scope, type ScopeOptions } from './scope.ts'
import { callTool, type DocumentTool } from './tool.ts'

function scope(options: Partial<ScopeOptions> = {}): Scope {
  return new Scope({
    client: new Client({ node: 'http://127.0.0.1:1' }),
    resources: {} as SearchResources,
    indices: ['articles', 'notes'],
    timeoutMs: 100,
    ...options,
  })
}

function tool(run: DocumentTool['run']): DocumentTool {
  const [input, output] = [z.object({}), z.object({})]
  return { name: 'x', title: 'x', description: 'x', input, output, run, text: () => '' }
}

describe('a call', () => {
  test('that takes too long ends, and tells the tool so', async () => {
    let ended: AbortSignal | undefined
    const waiting = tool((_scope, _args, signal) => {
      ended = signal
      return new Promise(() => {})
    })
    await expect(callTool(waiting, scope(), {})).rejects.toThrow('expected an answer within 100 ms')
    expect(ended?.aborted).toBe(true)
  })

  test('that is cancelled ends with the reason', async () => {
    const controller = new AbortController()
    const running = callTool(
      tool(() => new Promise(() => {})),
      scope(),
      {},
      controller.signal,
    )
    controller.abort(new Error('lost interest'))
    await expect(running).rejects.toThrow('lost interest')
  })

  test('about a missing index does not say which other one has a similar name', async () => {
    const plain = new LexpandError('INDEX', '[mappings] expected an index, got none. Check the name.')
    const advised = new LexpandError('INDEX', `${plain.message} Did you mean secret?`, { cause: plain })
    await expect(
      callTool(
        tool(() => Promise.reject(advised)),
        scope(),
        {},
      ),
    ).rejects.toBe(plain)
  })
})

describe('a scope', () => {
  test('of several indices wants one of them named, and refuses others in the same words', async () => {
    await expect(scope().index(undefined)).rejects.toThrow('one of these indices: articles, notes, got none')
    await expect(scope().index('secret')).rejects.toThrow(
      'one of these indices: articles, notes, got "secret"',
    )
    expect(await scope().index('notes')).toBe('notes')
    expect(await scope({ indices: ['articles'] }).index(undefined)).toBe('articles')
  })

  test.each<[Partial<ScopeOptions>]>([
    [{ indices: ['a*'] }],
    [{ indices: [] }],
    [{ filter: {} }],
    [{ filter: { term: {}, match_all: {} } as object }],
    [{ timeoutMs: 1 }],
  ])('of %j is a CONFIGURATION error', (options) => {
    expect(() => scope(options)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
  })
})
