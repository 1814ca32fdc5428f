import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { testFolder } from '../../testing/test-folder.ts'
import { withLock } from './lock.ts'

const STALE = JSON.stringify({ pid: 2 ** 30, began: 'long ago', token: 'x' })

test('actions under one lock never overlap, also when it starts out stale', async () => {
  const file = join(testFolder(), 'lock')
  writeFileSync(file, STALE)
  let inside = 0
  let most = 0
  const action = async () => {
    most = Math.max(most, ++inside)
    await new Promise(setImmediate)
    inside--
  }
  await Promise.all(Array.from({ length: 8 }, () => withLock(file, {}, action)))
  expect(most).toBe(1)
  expect(readdirSync(join(file, '..'))).toEqual([])
})

test.each([
  ['of a process that is gone', STALE],
  [
    'of a process whose number now belongs to another',
    JSON.stringify({ pid: process.pid, began: 'long ago' }),
  ],
  ['that is damaged', '{"pid":'],
])('a lock %s is taken over at once', async (_case, content) => {
  const file = join(testFolder(), 'lock')
  writeFileSync(file, content)
  await expect(withLock(file, { timeoutMs: 0 }, async () => 'done')).resolves.toBe('done')
})

test('a failing action releases the lock', async () => {
  const file = join(testFolder(), 'lock')
  await expect(withLock(file, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(existsSync(file)).toBe(false)
})

test('whoever waits is told once who holds the lock, and fails when it stays held', async () => {
  const file = join(testFolder(), 'lock')
  const onWait = vi.fn()
  await withLock(file, {}, async () => {
    const second = withLock(file, { onWait, timeoutMs: 150 }, async () => undefined)
    await expect(second).rejects.toMatchObject({ code: 'ENGINE_LOCK' })
  })
  expect(onWait.mock.calls).toEqual([[process.pid]])
})
