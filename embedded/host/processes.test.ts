import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { endProcess, isRunning, markProcess, type ProcessMark, residentMemory } from './processes.ts'

/** A child that reports when it is ready; Node runs `script`. */
async function child(script: string): Promise<ProcessMark> {
  const started = spawn(process.execPath, [
    '-e',
    `${script}; console.log('ready'); setInterval(() => {}, 1000)`,
  ])
  onTestFinished(() => void started.kill('SIGKILL'))
  await once(started.stdout, 'data')
  const mark = markProcess(started.pid ?? -1)
  if (mark === undefined) throw new Error('the child has ended')
  return mark
}

test('a process is known by its number and its beginning', () => {
  const mark = markProcess(process.pid)
  expect(mark).toMatchObject({ pid: process.pid })
  expect(mark !== undefined && isRunning(mark)).toBe(true)
  expect(isRunning({ pid: process.pid, began: 'another time' })).toBe(false)
})

test('a number without a process has no mark', () => {
  expect(markProcess(2 ** 30)).toBeUndefined()
})

test('a process that took over the number is left alone', async () => {
  const stranger = await child('0')
  expect(await endProcess({ pid: stranger.pid, began: 'before' })).toBe(false)
  expect(isRunning(stranger)).toBe(true)
})

test('a process ends on SIGTERM, and is gone afterwards', async () => {
  const mark = await child('0')
  expect(await endProcess(mark)).toBe(true)
  expect(isRunning(mark)).toBe(false)
  expect(await endProcess(mark)).toBe(false)
})

test('a process that ignores SIGTERM is killed when the grace is over', async () => {
  const mark = await child(`process.on('SIGTERM', () => {})`)
  expect(await endProcess(mark, 200)).toBe(true)
  expect(isRunning(mark)).toBe(false)
})

test('resident memory is told in bytes', () => {
  expect(residentMemory(process.pid)).toBeGreaterThan(2 ** 20)
  expect(residentMemory(2 ** 30)).toBeUndefined()
})
