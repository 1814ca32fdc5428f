import { expect, test } from 'vitest'
import { LexpandError } from '../../../sparse/errors.ts'
import { processLogger } from './logger.ts'

function logged(level: string, log: (logger: ReturnType<typeof processLogger>) => void) {
  const lines: string[] = []
  log(processLogger(level, { write: (line) => void lines.push(line) }))
  return lines
}

test('passwords in URLs are cut out, wherever they stand', () => {
  const lines = logged('info', (logger) => {
    logger.warn(
      { url: 'redis://user:hunter2@queue.example:6379/0' },
      'no answer from https://admin:hunter2@a.example',
    )
    logger.error(
      { err: new Error('rediss://:hunter2@b.example', { cause: new Error('http://x:hunter2@c') }) },
      'x',
    )
  })
  expect(lines).toHaveLength(2)
  expect(lines.join('')).not.toContain('hunter2')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    url: 'redis://***@queue.example:6379/0',
    msg: 'no answer from https://***@a.example',
  })
  expect(lines[1]).toContain('rediss://***@b.example')
})

test('text that only looks a little like a URL is left alone', () => {
  const [line = ''] = logged('info', (logger) =>
    logger.info({ at: 'http://a.example/x@y' }, 'mail a@b.example'),
  )
  expect(JSON.parse(line)).toMatchObject({ at: 'http://a.example/x@y', msg: 'mail a@b.example' })
})

test('an error is logged by what it says, without the request that failed', () => {
  const error = Object.assign(new Error('WRONGPASS invalid username-password pair'), {
    code: 'X',
    command: { name: 'auth', args: ['hunter2'] },
    meta: { meta: { request: { params: { body: 'text of a document' } } } },
  })
  const [line = ''] = logged('info', (logger) =>
    logger.warn({ err: error, job: '7', index: 'articles' }, 'failed'),
  )
  const event = JSON.parse(line)
  expect(event).toMatchObject({ job: '7', index: 'articles', msg: 'failed', err: { code: 'X' } })
  expect(event.err.message).toContain('WRONGPASS')
  expect(line).not.toContain('hunter2')
  expect(line).not.toContain('text of a document')
})

test('only events of the level and above are written, one line each', () => {
  const lines = logged('warn', (logger) => {
    logger.info('quiet')
    logger.warn('two\nlines')
  })
  expect(lines).toHaveLength(1)
  expect(lines[0]?.trimEnd()).not.toContain('\n')
})

test('a line has its time in ISO 8601 and its level by name', () => {
  const [line = ''] = logged('info', (logger) => logger.warn({ index: 'articles' }, 'not swept'))
  const { time, ...rest } = JSON.parse(line)
  expect(rest).toEqual({ level: 'warn', index: 'articles', msg: 'not swept' })
  expect(new Date(time).toISOString()).toBe(time)
})

test('a stack is logged for a defect, and not for what a service said or an error of ours', () => {
  const errors = [
    new LexpandError('SERVICE', '[redis] expected Redis, got none. Start it.'),
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('NOPERM'), { name: 'ReplyError' }),
    new TypeError('x is not a function'),
  ]
  const lines = logged('info', (logger) => {
    for (const err of errors) logger.error({ err }, 'x')
  })
  expect(lines.map((line) => 'stack' in JSON.parse(line).err)).toEqual([false, false, false, true])
})
