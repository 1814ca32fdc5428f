import { expect, test } from 'vitest'
import { asLine, asRow } from './status.ts'

const RUNNING = {
  name: 'opensearch',
  state: 'running',
  url: 'http://127.0.0.1:9200',
  pid: 42,
  version: '3.6.0',
  memoryBytes: 900 * 2 ** 20,
  dataDirectory: '/cache/services/opensearch',
} as const
const STOPPED = { name: 'redis', state: 'stopped', dataDirectory: '/cache/services/redis' } as const

test('a row for machines always has every key', () => {
  expect(Object.keys(asRow(RUNNING))).toEqual(Object.keys(asRow(STOPPED)))
  expect(asRow(STOPPED)).toMatchObject({ state: 'stopped', url: null, pid: null, memory_bytes: null })
})

test('a line for people leaves out what is not known', () => {
  expect(asLine(RUNNING)).toBe(
    'opensearch  running    3.6.0  http://127.0.0.1:9200  pid 42  900 MB  data in /cache/services/opensearch',
  )
  expect(asLine(STOPPED)).toBe('redis       stopped    data in /cache/services/redis')
})
