import { pino } from 'pino'
import { expect, test } from 'vitest'
import { TroubleLog } from './trouble-log.ts'

function troubleLog() {
  const lines: Record<string, unknown>[] = []
  const clock = { now: 0 }
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  return { lines, clock, troubles: new TroubleLog(logger, () => clock.now) }
}

test('a trouble is said when it begins, once a minute with its count, and when it is over', () => {
  const { lines, clock, troubles } = troubleLog()
  for (clock.now = 0; clock.now < 125_000; clock.now += 1_000) troubles.met('redis', 'no answer', { port: 1 })
  troubles.over('redis', 'Redis is back')
  expect(lines).toEqual([
    { level: 40, port: 1, msg: 'no answer' },
    { level: 40, port: 1, again: 60, msg: 'no answer' },
    { level: 40, port: 1, again: 60, msg: 'no answer' },
    { level: 30, afterSeconds: 125, msg: 'Redis is back' },
  ])
})

test('what was never in trouble is not said to be well again, and well is said once', () => {
  const { lines, troubles } = troubleLog()
  troubles.over('redis', 'Redis is back')
  troubles.met('redis', 'no answer')
  troubles.over('redis', 'Redis is back')
  troubles.over('redis', 'Redis is back')
  expect(lines.map(({ msg }) => msg)).toEqual(['no answer', 'Redis is back'])
})

test('two messages that take turns are each said once, and a thousand different ones do not fill the log', () => {
  const { lines, troubles } = troubleLog()
  for (let time = 0; time < 100; time++) {
    troubles.met('a', 'READONLY')
    troubles.met('a', 'ECONNREFUSED')
  }
  expect(lines).toHaveLength(2)
  for (let port = 0; port < 1_000; port++) troubles.met('b', `no answer at port ${port}`)
  expect(lines).toHaveLength(10)
})

test('places are told apart', () => {
  const { lines, troubles } = troubleLog()
  troubles.met('a', 'no room')
  troubles.met('b', 'no room')
  troubles.over('a', 'room again')
  troubles.met('b', 'no room')
  expect(lines.map(({ msg }) => msg)).toEqual(['no room', 'no room', 'room again'])
})

test('an error is said by its message, and one of several addresses by theirs', () => {
  const { lines, troubles } = troubleLog()
  troubles.failed(
    'redis',
    'away',
    new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]),
  )
  troubles.failed('engine', 'away', new TypeError('no'))
  expect(lines.map(({ msg }) => msg)).toEqual(['away: refused ::1, refused 127.0.0.1', 'away: no'])
  expect(JSON.stringify(lines)).not.toContain('trouble-log.test')
})
