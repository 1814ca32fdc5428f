import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { testFolder } from '../../testing/test-folder.ts'
import { cacheFolder, packageRoot, wantedCacheFolder } from './cache-folder.ts'
import { firstClosedFolder, serviceUser } from './service-user.ts'

const USER = { uid: 10_001, gid: 10_001 }
const quiet = () => undefined

describe('choice', () => {
  test('a checkout keeps its cache in .lexpand', () => {
    const root = testFolder()
    const folder = cacheFolder({ root, environment: {}, user: USER, onProgress: quiet })
    expect(folder).toBe(join(root, '.lexpand'))
    expect(statSync(folder).mode & 0o777).toBe(0o755)
  })

  test('every folder that is made on the way is open to the service user', () => {
    const root = testFolder()
    const LEXPAND_CACHE = join(root, 'a', 'b')
    const former = process.umask(0o077)
    try {
      cacheFolder({ root, environment: { LEXPAND_CACHE }, user: USER, onProgress: quiet })
    } finally {
      process.umask(former)
    }
    expect(firstClosedFolder(LEXPAND_CACHE, USER)).toBeUndefined()
  })

  test('a closed checkout gets a folder of its own elsewhere, and says so', () => {
    const [root, openFolder] = [join(testFolder(), 'root'), testFolder()]
    mkdirSync(root, { mode: 0o700 })
    const onProgress = vi.fn()
    const choose = (from: string) =>
      cacheFolder({ root: from, environment: {}, user: USER, onProgress, openFolder })
    const folder = choose(join(root, 'one'))
    expect(folder.startsWith(join(openFolder, 'lexpand-'))).toBe(true)
    expect(onProgress.mock.calls[0]?.[0]).toContain(`${root} is closed to the engine's user`)
    expect(choose(join(root, 'one'))).toBe(folder)
    expect(choose(join(root, 'two'))).not.toBe(folder)
  })

  test('a closed LEXPAND_CACHE is refused, not replaced', () => {
    const root = testFolder()
    chmodSync(root, 0o700)
    const choose = () =>
      cacheFolder({ root, environment: { LEXPAND_CACHE: join(root, 'x') }, user: USER, onProgress: quiet })
    expect(choose).toThrow(`closed at ${root}`)
  })

  test('a link that somebody planted under the open folder is refused', () => {
    const [root, openFolder, elsewhere] = [testFolder(), testFolder(), testFolder()]
    chmodSync(root, 0o700)
    const choose = () => cacheFolder({ root, environment: {}, user: USER, onProgress: quiet, openFolder })
    const folder = choose()
    rmSync(folder, { recursive: true })
    symlinkSync(elsewhere, folder)
    expect(choose).toThrow(`expected ${folder} to be a folder of uid`)
  })
})

test('an account passes a folder by the bits of owner, group or others', () => {
  const folder = testFolder()
  const { uid, gid } = statSync(folder)
  chmodSync(folder, 0o710)
  expect(firstClosedFolder(join(folder, 'not', 'there'), { uid, gid })).toBeUndefined()
  expect(firstClosedFolder(folder, { uid: uid + 1, gid })).toBeUndefined()
  expect(firstClosedFolder(folder, { uid: uid + 1, gid: gid + 1 })).toBe(folder)
})

test('only root needs another user for its services', () => {
  expect(serviceUser(0)).toEqual(USER)
  expect(serviceUser(1000)).toBeUndefined()
})

test('the launcher keeps Node by the same rule', async () => {
  const launcher = (await import(join(packageRoot(), 'bin', 'node-24.mjs'))) as {
    wantedCacheFolder: typeof wantedCacheFolder
  }
  const cases: [string, NodeJS.ProcessEnv][] = [
    ['/home/me/lexpand', {}],
    ['/home/me/lexpand', { LEXPAND_CACHE: 'relative' }],
    ['/app/node_modules/lexpand', {}],
    ['/app/node_modules/lexpand', { XDG_CACHE_HOME: '/cache' }],
  ]
  for (const [root, environment] of cases) {
    expect(launcher.wantedCacheFolder(root, environment)).toBe(wantedCacheFolder(root, environment))
  }
})
