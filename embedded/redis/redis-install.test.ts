import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { program, stubPath, testFolder } from '../../testing/test-folder.ts'
import { installCommand, installRedisServer } from './redis-install.ts'

const quiet = () => undefined

/** Puts an `apt-get` of the test on PATH, and a `sudo` when one is given. @returns its calls so far */
function system({ aptGet, sudo }: { aptGet: string; sudo?: string }): () => string[] {
  const folder = testFolder()
  const log = join(folder, 'calls')
  program(join(folder, 'apt-get'), `echo "$DEBIAN_FRONTEND $*" >> ${log}\n${aptGet}`)
  if (sudo !== undefined) program(join(folder, 'sudo'), sudo)
  stubPath(`${folder}:/usr/bin:/bin`)
  return () =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .filter((call) => !call.endsWith('--version'))
}

const INSTALL = 'noninteractive install --yes --no-install-recommends redis-server'

test('root installs the package, asks nothing, and says so first', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(0)
  const calls = system({ aptGet: 'exit 0' })
  const onProgress = vi.fn()
  expect(await installRedisServer(onProgress)).toBe(true)
  expect(calls()).toEqual([INSTALL])
  expect(onProgress.mock.calls[0]?.[0]).toContain('once with: apt-get install redis-server')
})

test('without package lists they are brought first', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(0)
  const calls = system({ aptGet: 'test "$1" != install || grep -q update "$(dirname "$0")/calls"' })
  expect(await installRedisServer(quiet)).toBe(true)
  expect(calls()).toEqual([INSTALL, 'noninteractive update', INSTALL])
})

test('what apt-get says about its failure is in the message', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(0)
  system({ aptGet: `test "$1" = --version || { echo 'E: Unable to locate package' >&2; exit 100; }` })
  await expect(installRedisServer(quiet)).rejects.toThrow('E: Unable to locate package')
})

test('an account that may use sudo without a password installs through it', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000)
  const calls = system({ aptGet: 'exit 0', sudo: 'shift; exec "$@"' })
  expect(await installRedisServer(quiet)).toBe(true)
  expect(calls()).toEqual([INSTALL])
})

test('an account that may not install packages installs nothing', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000)
  const calls = system({ aptGet: 'exit 0', sudo: 'exit 1' })
  expect(await installRedisServer(quiet)).toBe(false)
  expect(calls()).toEqual([])
})

test('a system without apt-get installs nothing', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(0)
  stubPath(testFolder())
  expect(await installRedisServer(quiet)).toBe(false)
})

/** A system whose only package manager is Homebrew. */
function homebrew(brew: string): () => string {
  const folder = testFolder()
  program(join(folder, 'brew'), `echo "$HOMEBREW_NO_AUTO_UPDATE $*" >> ${folder}/calls\n${brew}`)
  stubPath(folder)
  return () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').at(-1)?.trim() ?? ''
}

test('Homebrew installs redis for an ordinary account', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(501)
  const lastCall = homebrew('exit 0')
  expect(await installRedisServer(quiet)).toBe(true)
  expect(lastCall()).toBe('1 install redis')
})

test('Homebrew, which refuses root, is not asked by root', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(0)
  const lastCall = homebrew('exit 0')
  expect(await installRedisServer(quiet)).toBe(false)
  expect(lastCall()).toBe('--version')
})

test.each([
  [0, 'apt-get install redis-server'],
  [1000, 'sudo apt-get install redis-server'],
])('uid %i is told to run: %s', async (uid, command) => {
  vi.spyOn(process, 'getuid').mockReturnValue(uid)
  system({ aptGet: 'exit 0' })
  expect(await installCommand()).toBe(command)
})
