import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../../testing/test-folder.ts'
import { readState, recordService, type ServiceRecord } from './state.ts'

const RECORD: ServiceRecord = {
  kind: 'process',
  pid: 7,
  began: 'then',
  url: 'redis://127.0.0.1:6379',
  version: '7.0.15',
  dataDirectory: '/data',
  startedAt: '2026-01-01T00:00:00.000Z',
}

test('what is recorded is read back; removing one service keeps the other', () => {
  const file = join(testFolder(), 'services', 'state.json')
  recordService(file, 'redis', RECORD)
  recordService(file, 'opensearch', { ...RECORD, pid: 8 })
  expect(readState(file)).toEqual({ redis: RECORD, opensearch: { ...RECORD, pid: 8 } })
  recordService(file, 'opensearch', undefined)
  expect(readState(file)).toEqual({ redis: RECORD })
  expect(readdirSync(join(file, '..'))).toEqual(['state.json'])
})

test.each([
  ['missing', undefined],
  ['cut off', '{"format":1,"serv'],
  ['of another format', '{"format":2,"services":{"redis":{}}}'],
  ['not an object', 'null'],
])('a state file that is %s says that nothing runs', (_case, content) => {
  const file = join(testFolder(), 'state.json')
  if (content !== undefined) writeFileSync(file, content)
  expect(readState(file)).toEqual({})
})
