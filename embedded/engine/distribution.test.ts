import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { program, stubPath, testFolder } from '../../testing/test-folder.ts'
import { distributionHome, fetchDistribution } from './distribution.ts'
import { OPENSEARCH_VERSION } from './release.ts'

const JDK = { home: '/nowhere', version: '25', feature: 25 }

const fetching = (cache: string) =>
  fetchDistribution({ cache, environment: {}, onProgress: () => undefined }, JDK)

/** A cache with the rest of a killed download, and a `mvn` of the test on PATH. */
function cacheWith(mvn: string): string {
  const folder = testFolder()
  program(join(folder, 'bin', 'mvn'), mvn)
  stubPath(`${join(folder, 'bin')}:/usr/bin:/bin`)
  mkdirSync(
    join(
      folder,
      'cache',
      `fetching-opensearch-${OPENSEARCH_VERSION}-killed`,
      `opensearch-${OPENSEARCH_VERSION}`,
    ),
    { recursive: true },
  )
  return join(folder, 'cache')
}

test('a fetched engine is not fetched again, and what a killed fetch left of it is removed', async () => {
  const cache = testFolder()
  mkdirSync(distributionHome({ cache, environment: {} }))
  mkdirSync(join(cache, `fetching-opensearch-${OPENSEARCH_VERSION}-killed`))
  mkdirSync(join(cache, 'fetching-opensearch-2.19.6-of-another-process'))
  const onProgress = vi.fn()
  expect(await fetchDistribution({ cache, environment: {}, onProgress }, JDK)).toBe(
    join(cache, `opensearch-${OPENSEARCH_VERSION}`),
  )
  expect(onProgress).not.toHaveBeenCalled()
  expect(readdirSync(cache)).toEqual([
    'fetching-opensearch-2.19.6-of-another-process',
    `opensearch-${OPENSEARCH_VERSION}`,
  ])
})

test('another artifact than the pinned one is refused, and nothing half is left', async () => {
  // Maven's last argument is the output folder.
  const cache = cacheWith(
    `for last; do :; done; echo other > "\${last#-DoutputDirectory=}/opensearch-${OPENSEARCH_VERSION}.zip"`,
  )
  await expect(fetching(cache)).rejects.toMatchObject({
    code: 'ENGINE_CHECKSUM',
  })
  expect(readdirSync(cache)).toEqual([])
})

test('what Maven says about its failure is in the message', async () => {
  const cache = cacheWith('echo "[ERROR] Could not resolve artifact" ; exit 1')
  await expect(fetching(cache)).rejects.toThrow('Could not resolve artifact')
  expect(readdirSync(cache)).toEqual([])
})

test('a machine without Maven is told what to do', async () => {
  const cache = testFolder()
  stubPath(cache)
  await expect(fetching(cache)).rejects.toMatchObject({
    code: 'ENGINE_NO_MAVEN',
  })
})
