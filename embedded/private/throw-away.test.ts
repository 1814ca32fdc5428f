import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { testFolder } from '../../testing/test-folder.ts'
import { isRunning, markProcess } from '../host/processes.ts'
import { recordService } from '../host/state.ts'
import { throwAwayFolder } from './throw-away.ts'

test('what a killed owner left is stopped and deleted; what a living one uses is not', async () => {
  const cache = testFolder()
  const own = await throwAwayFolder(cache)
  const abandoned = join(cache, 'throw-away', 'abandoned')
  mkdirSync(abandoned)
  writeFileSync(join(abandoned, 'owner.json'), JSON.stringify({ pid: 2 ** 30, began: 'long ago' }))
  const service = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  onTestFinished(() => void service.kill('SIGKILL'))
  await once(service, 'spawn')
  const mark = markProcess(service.pid ?? -1)
  if (mark === undefined) throw new Error('the child has ended')
  recordService(join(abandoned, 'state.json'), 'redis', {
    kind: 'process',
    ...mark,
    url: 'redis://127.0.0.1:1',
    version: '7',
    dataDirectory: abandoned,
    startedAt: '2026-01-01T00:00:00.000Z',
  })

  const second = await throwAwayFolder(cache)

  expect(isRunning(mark)).toBe(false)
  expect(existsSync(abandoned)).toBe(false)
  expect([own, second].map((folder) => existsSync(folder))).toEqual([true, true])
})
