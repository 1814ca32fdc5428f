import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { archiveServer, smallDistribution } from '../../testing/archive-server.ts'
import { program, stubPath, testFolder } from '../../testing/test-folder.ts'
import { distributionHome } from './distribution.ts'
import { findEngine } from './engine-home.ts'
import { minimalHome } from './minimal-distribution.ts'
import { OPENSEARCH_VERSION } from './release.ts'

/** A machine with or without a JDK and Maven, that finds no other programs. */
function machine({ jdk, maven }: { jdk?: string; maven?: string }) {
  const folder = testFolder()
  const cache = join(folder, 'cache')
  mkdirSync(cache)
  if (maven !== undefined) program(join(folder, 'bin', 'mvn'), `echo called >> ${folder}/mvn.log\n${maven}`)
  stubPath(`${join(folder, 'bin')}:/usr/bin-without-mvn`)
  // `tar` and `gzip` are in the usual places.
  for (const name of ['tar', 'gzip'])
    program(join(folder, 'bin', name), `PATH=/usr/bin:/bin exec ${name} "$@"`)
  const home = join(folder, 'jvm', 'jdk')
  if (jdk !== undefined) {
    for (const name of ['java', 'jar']) program(join(home, 'bin', name), 'exit 0')
    writeFileSync(join(home, 'release'), `JAVA_VERSION="${jdk}"\n`)
  }
  const onProgress = vi.fn<(message: string) => void>()
  const find = (url: string, environment: NodeJS.ProcessEnv = {}) =>
    findEngine({
      cache,
      environment: { LEXPAND_DISTRIBUTION_URL: url, ...environment },
      user: undefined,
      folders: [join(folder, 'jvm')],
      onProgress,
      retryDelayMs: 1,
      silenceMs: 1_000,
    })
  const mavenCalls = () => readFileSync(join(folder, 'mvn.log'), 'utf8').trim().split('\n').length
  return { cache, home, find, mavenCalls, messages: () => onProgress.mock.calls.map(([message]) => message) }
}

const NOWHERE = 'http://127.0.0.1:1'

test('without a JDK the minimal distribution is fetched and runs on its own', async () => {
  const { cache, find, messages } = machine({})
  const { url } = await archiveServer(smallDistribution())
  const home = minimalHome({ cache, environment: {} })
  expect(await find(url)).toEqual({ home, jdk: { home: join(home, 'jdk'), version: '25.0.3', feature: 25 } })
  expect(messages()[0]).toContain('no JDK on this machine will do')
  // The home is found again although the address no longer exists.
  expect((await find(NOWHERE)).home).toBe(home)
})

test('with a JDK and without Maven, too; a JDK named in LEXPAND_JAVA_HOME runs it all the same', async () => {
  const { cache, home, find, messages } = machine({ jdk: '21.0.1' })
  const { url } = await archiveServer(smallDistribution())
  expect((await find(url)).jdk.home).toBe(join(minimalHome({ cache, environment: {} }), 'jdk'))
  expect(messages()).toContainEqual(expect.stringContaining('no Maven on this machine'))
  expect((await find(url, { LEXPAND_JAVA_HOME: home })).jdk).toEqual({ home, version: '21.0.1', feature: 21 })
})

test('where Maven reaches no repository, the minimal distribution takes its place', async () => {
  const { cache, find, mavenCalls } = machine({ jdk: '25', maven: 'exit 1' })
  const { url } = await archiveServer(smallDistribution())
  expect((await find(url)).home).toBe(minimalHome({ cache, environment: {} }))
  expect(mavenCalls()).toBe(1)
})

test('what Maven has fetched before is used with the JDK of this machine, and nothing is fetched', async () => {
  const { cache, home, find } = machine({ jdk: '25' })
  mkdirSync(distributionHome({ cache, environment: {} }))
  expect(await find(NOWHERE)).toEqual({
    home: distributionHome({ cache, environment: {} }),
    jdk: { home, version: '25', feature: 25 },
  })
})

test('where Maven brings another artifact than the pinned one, nothing else is tried', async () => {
  const { find } = machine({
    jdk: '25',
    maven: `for last; do :; done; echo other > "\${last#-DoutputDirectory=}/opensearch-${OPENSEARCH_VERSION}.zip"`,
  })
  const server = await archiveServer(smallDistribution())
  await expect(find(server.url)).rejects.toMatchObject({ code: 'ENGINE_CHECKSUM' })
  expect(server.requests).toEqual([])
})

test.each([
  [{}, 'The other way failed, too: expected a JDK of version 21 or newer, got none.'],
  [{ jdk: '25' }, 'The other way failed, too: expected the command mvn'],
  [{ jdk: '25', maven: 'echo no route to host; exit 1' }, 'no route to host'],
])('where neither way works, the message names both (%j)', async (has, expected) => {
  const message = await machine(has).find(NOWHERE).catch(String)
  expect(message).toContain(
    `expected an answer from ${NOWHERE}/${OPENSEARCH_VERSION}/opensearch-min-${OPENSEARCH_VERSION}-`,
  )
  expect(message).toContain(expected)
})

test('a LEXPAND_JAVA_HOME that will not do is an error, not a reason to fetch another JDK', async () => {
  const server = await archiveServer(smallDistribution())
  const find = machine({}).find(server.url, { LEXPAND_JAVA_HOME: '/nowhere' })
  await expect(find).rejects.toMatchObject({ code: 'ENGINE_NO_JDK' })
  expect(server.requests).toEqual([])
})
