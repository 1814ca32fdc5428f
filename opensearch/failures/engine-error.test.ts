import { errors } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import { LexpandError } from '../../sparse/errors.ts'
import { translateEngineError, translateEngineFailure } from './engine-error.ts'
import { isTransient } from './transient.ts'

const context = { part: 'search', index: 'articles' }
const meta = { meta: { connection: { url: new URL('http://user:secret@node:9200/') } } } as never

function response(statusCode: number, error: unknown): errors.ResponseError {
  return new errors.ResponseError({ statusCode, body: { error, status: statusCode } } as never)
}

describe('translateEngineError', () => {
  test('leaves our own errors as they are', () => {
    const own = new LexpandError('QUERY', 'own')
    expect(translateEngineError(own, context)).toBe(own)
  })

  test.each<[string, Error, string, RegExp]>([
    [
      'refused',
      new errors.ConnectionError('connect ECONNREFUSED', meta),
      'SERVICE',
      /at http:\/\/node:9200, got connect ECONNREFUSED\. Check that it is running/,
    ],
    [
      'certificate',
      new errors.ConnectionError('self-signed certificate', meta),
      'SERVICE',
      /certificate authority/,
    ],
    [
      'TLS asked of a plain port',
      new errors.ConnectionError('wrong version number', meta),
      'SERVICE',
      /use http:/,
    ],
    [
      'no TLS where it is spoken',
      new errors.ConnectionError('socket hang up', meta),
      'SERVICE',
      /write https:/,
    ],
    ['timeout', new errors.TimeoutError('Request timed out', meta), 'SERVICE', /in time/],
    ['not JSON', new errors.DeserializationError('Unexpected token', '<html>'), 'SERVICE', /not of a proxy/],
    [
      'prototype poisoning',
      new errors.DeserializationError('forbidden', '{"__proto__":1}'),
      'SERVICE',
      /disablePrototypePoisoningProtection/,
    ],
    ['client options', new errors.ConfigurationError('bad'), 'CONFIGURATION', /client options/],
    ['anything else', new TypeError('oops'), 'SERVICE', /oops/],
  ])('%s', (_, error, code, message) => {
    const translated = translateEngineError(error, context)
    expect(translated).toMatchObject({
      code,
      cause: error,
      message: expect.stringMatching(/^\[search\] expected /),
    })
    expect(translated.message).toMatch(message)
    expect(translated.message).not.toContain('secret')
  })

  test.each<[string, errors.ResponseError, string, RegExp]>([
    ['wrong password', response(401, 'Unauthorized'), 'SERVICE', /user name and password/],
    [
      'no permission',
      response(403, {
        type: 'security_exception',
        reason: 'no permissions for [indices:data/read] and User [name=ann, x=y]',
      }),
      'SERVICE',
      /the privilege indices:data\/read on index articles for user ann, got 403/,
    ],
    [
      'no permission, without a name',
      response(403, 'Forbidden'),
      'SERVICE',
      /index articles, got 403 \(Forbidden\).*doctor --privileges/,
    ],
    [
      'read-only index',
      response(403, {
        type: 'cluster_block_exception',
        reason: 'index [articles] blocked by: [FORBIDDEN/5/index read-only (api)];',
      }),
      'INDEX',
      /Lift the block/,
    ],
    [
      'full disk',
      response(429, {
        type: 'cluster_block_exception',
        reason: 'blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]',
      }),
      'INDEX',
      /free space/,
    ],
    [
      'no such index',
      response(404, { type: 'index_not_found_exception', reason: 'no such index [articles]' }),
      'INDEX',
      /create it first/,
    ],
    ['closed index', response(400, { type: 'index_closed_exception', reason: 'closed' }), 'INDEX', /_open/],
    ['too large', response(413, ''), 'SERVICE', /http\.max_content_length/],
    [
      'overloaded',
      response(429, { type: 'rejected_execution_exception', reason: 'queue full' }),
      'SERVICE',
      /Slow down/,
    ],
    [
      'unavailable',
      response(503, { type: 'cluster_manager_not_discovered_exception' }),
      'SERVICE',
      /got 503/,
    ],
    [
      'broken query',
      response(400, { type: 'parsing_exception', reason: 'unknown query [x]' }),
      'QUERY',
      /unknown query \[x\]/,
    ],
    [
      'too many clauses',
      response(400, {
        type: 'search_phase_execution_exception',
        root_cause: [
          {
            type: 'query_shard_exception',
            reason: 'failed to create query',
            caused_by: { type: 'too_many_clauses', reason: 'maxClauseCount is set to 1024' },
          },
        ],
      }),
      'QUERY',
      /failed to create query: maxClauseCount is set to 1024/,
    ],
    [
      'refused mapping',
      response(400, { type: 'illegal_argument_exception', reason: 'mapper [x] cannot be changed' }),
      'INDEX',
      /cannot be changed/,
    ],
  ])('%s', (_, error, code, message) => {
    const translated = translateEngineError(error, context)
    expect(translated).toMatchObject({ code, cause: error })
    expect(translated.message).toMatch(message)
  })
})

test('the refusal of a HEAD request, which has no body, names the privilege by what was asked', () => {
  const meta = { request: { params: { method: 'HEAD', path: '/articles' } } }
  const error = new errors.ResponseError({ statusCode: 403, body: '', meta } as never)
  expect(translateEngineError(error, context).message).toContain(
    'privilege indices:admin/get on index articles',
  )
})

test('what a gateway in front of the engine says is told', () => {
  const body = { Message: 'User: anonymous is not authorized to perform: es:ESHttpGet' }
  const error = new errors.ResponseError({ statusCode: 403, body } as never)
  expect(translateEngineError(error, context).message).toContain('not authorized to perform: es:ESHttpGet')
})

test('a bulk or msearch item is translated like a response', () => {
  const failure = { type: 'index_not_found_exception', reason: 'no such index [articles]' }
  expect(translateEngineFailure(failure, 404, context)).toMatchObject({ code: 'INDEX' })
})

test.each([
  [
    'search.max_buckets',
    503,
    'Trying to create too many buckets. Must be less than or equal to: [10] but was [11]. This limit can be set by changing the [search.max_buckets] cluster level setting.',
    'Ask for less, or raise it with PUT /_cluster/settings {"persistent": {"search.max_buckets": ...}}.',
  ],
  [
    'point_in_time.max_keep_alive',
    400,
    'Keep alive for request (5m) is too large. It must be less than (1m). This limit can be set by changing the [point_in_time.max_keep_alive] cluster level setting.',
    'raise it with PUT /_cluster/settings',
  ],
  [
    'index.mapping.total_fields.limit',
    400,
    'Limit of total fields [3] has been exceeded',
    'has been exceeded. Ask for less, or raise it with PUT /<index>/_settings {"index.mapping.total_fields.limit": ...}.',
  ],
])(
  'the limit %s is named with the way to raise it, and does not pass by waiting',
  (setting, status, reason, advice) => {
    const body = { error: { type: 'illegal_argument_exception', reason }, status }
    const error = new errors.ResponseError({ statusCode: status, body } as never)
    const { message } = translateEngineError(error, context)
    expect(message).toContain(`expected a request within ${setting} of`)
    expect(message).toContain(advice)
    expect(message).not.toContain('Correct')
    expect(isTransient(error)).toBe(false)
  },
)

test('a limit of the index is named with the way to raise it, not called a wrong query', () => {
  const reason =
    'Result window is too large, from + size must be less than or equal to: [10] but was [100]. This limit can be set by changing the [index.max_result_window] index level setting.'
  const { code, message } = translateEngineFailure(
    {
      type: 'search_phase_execution_exception',
      root_cause: [{ type: 'illegal_argument_exception', reason }],
    },
    400,
    { part: 'search', index: 'articles' },
  )
  expect(code).toBe('QUERY')
  expect(message).toContain(
    '[search] expected a request within index.max_result_window of index articles, got',
  )
  expect(message).toContain('or raise it with PUT /<index>/_settings {"index.max_result_window": ...}')
  expect(message).not.toContain('Correct')
})
