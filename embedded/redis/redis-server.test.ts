import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program, stubPath, testFolder } from '../../testing/test-folder.ts'
import { findRedisServer, noRedis } from './redis-server.ts'

const redis = (folder: string, version: string) =>
  program(
    join(folder, 'redis-server'),
    `echo "Redis server v=${version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"`,
  )

test('the first redis-server on PATH is taken, with its version', async () => {
  const folder = testFolder()
  const command = redis(join(folder, 'b'), '7.0.15')
  const PATH = ['a', 'b'].map((name) => join(folder, name)).join(':')
  expect(await findRedisServer({ PATH }, undefined)).toEqual({ command, version: '7.0.15' })
})

test('LEXPAND_REDIS_SERVER goes before PATH', async () => {
  const folder = testFolder()
  const named = redis(join(folder, 'named'), '8.2.1')
  redis(join(folder, 'path'), '7.0.15')
  const found = await findRedisServer({ PATH: join(folder, 'path'), LEXPAND_REDIS_SERVER: named }, undefined)
  expect(found?.command).toBe(named)
})

test('none on PATH is no error yet: one may be installed', async () => {
  expect(await findRedisServer({ PATH: testFolder() }, undefined)).toBeUndefined()
})

test.each([
  ['is too old for the queue', '6.0.16'],
  ['does not tell its version', '?'],
])('a redis-server that %s is refused', async (_case, version) => {
  const folder = testFolder()
  redis(folder, version)
  await expect(findRedisServer({ PATH: folder }, undefined)).rejects.toMatchObject({
    code: 'ENGINE_NO_REDIS',
  })
})

test('a LEXPAND_REDIS_SERVER that is not there is refused by name', async () => {
  await expect(findRedisServer({ LEXPAND_REDIS_SERVER: '/nowhere/redis' }, undefined)).rejects.toThrow(
    'LEXPAND_REDIS_SERVER=/nowhere/redis',
  )
})

const valkey = (folder: string, version: string) =>
  program(join(folder, 'valkey-server'), `echo "Valkey server v=${version} sha=00000000:0 bits=64"`)

test('a valkey-server is a Redis by another name', async () => {
  const folder = testFolder()
  const command = valkey(folder, '8.1.4')
  expect(await findRedisServer({ PATH: folder }, undefined)).toEqual({ command, version: '8.1.4' })
})

test('beside a redis-server that is too old, a valkey-server is taken', async () => {
  const folder = testFolder()
  redis(folder, '6.0.16')
  const command = valkey(folder, '7.2.5')
  expect((await findRedisServer({ PATH: folder }, undefined))?.command).toBe(command)
})

test('where nothing can be done, the error names the command that a person may run', async () => {
  const folder = testFolder()
  program(join(folder, 'brew'), 'exit 0')
  stubPath(folder)
  expect(await noRedis()).toMatchObject({
    code: 'ENGINE_NO_REDIS',
    message: expect.stringContaining('got none of them. Run: brew install redis. Or: Install Redis 6.2.0'),
  })
})
