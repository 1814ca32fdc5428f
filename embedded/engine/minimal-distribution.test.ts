import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import {
  type ArchiveServer,
  archiveServer,
  proxyServer,
  sha512,
  smallDistribution,
} from '../../testing/archive-server.ts'
import { testFolder } from '../../testing/test-folder.ts'
import { archiveName } from './distribution-address.ts'
import { fetchMinimal, minimalHome } from './minimal-distribution.ts'
import { OPENSEARCH_VERSION } from './release.ts'

const PATH = `/${OPENSEARCH_VERSION}/${archiveName({})}`

function fetching(
  server: Pick<ArchiveServer, 'url'>,
  environment: NodeJS.ProcessEnv = {},
  cache = testFolder(),
) {
  const onProgress = vi.fn<(message: string) => void>()
  const fetched = fetchMinimal({
    cache,
    environment: { LEXPAND_DISTRIBUTION_URL: server.url, ...environment },
    user: undefined,
    onProgress,
    retryDelayMs: 1,
    silenceMs: 1_000,
  })
  return { cache, fetched, messages: () => onProgress.mock.calls.map(([message]) => message) }
}

/** Name of a part of the archive during the download. */
const partOf = (archive: Buffer) => `download-${sha512(archive).slice(0, 16)}-${archiveName({})}`

describe('a whole fetch', () => {
  test('unpacks the archive, with a JDK that can be run by every account, and tells each tenth', async () => {
    const server = await archiveServer(smallDistribution())
    const { cache, fetched, messages } = fetching(server)
    const home = join(cache, `opensearch-min-${OPENSEARCH_VERSION}`)
    expect(await fetched).toEqual({ home, jdk: { home: join(home, 'jdk'), version: '25.0.3', feature: 25 } })
    expect(statSync(join(home, 'jdk', 'bin', 'java')).mode & 0o777).toBe(0o755)
    expect(statSync(join(home, 'lib', 'opensearch.jar')).mode & 0o777).toBe(0o644)
    expect(readdirSync(cache)).toEqual([`opensearch-min-${OPENSEARCH_VERSION}`])
    expect(messages()[0]).toBe(
      `fetching OpenSearch ${OPENSEARCH_VERSION} with its own JDK from ${server.url}, once`,
    )
    expect(messages().at(-1)).toMatch(/^fetched (\d+) of \1 MB$/)
    expect(server.requests).toEqual([`${PATH} whole`])
  })

  test('is not repeated', async () => {
    const server = await archiveServer(smallDistribution())
    const { cache, fetched } = fetching(server)
    const again = fetching(server, {}, cache)
    expect(await again.fetched).toEqual(await fetched)
    expect((await fetching(server, {}, cache).fetched).home).toBe(minimalHome({ cache, environment: {} }))
    expect(server.requests).toHaveLength(1)
  })

  test('finds the home that macOS keeps in jdk.app', async () => {
    const cache = testFolder()
    await fetching(await archiveServer(smallDistribution()), {}, cache).fetched
    const { renameSync, mkdirSync } = await import('node:fs')
    const home = minimalHome({ cache, environment: {} })
    mkdirSync(join(home, 'jdk.app', 'Contents'), { recursive: true })
    renameSync(join(home, 'jdk'), join(home, 'jdk.app', 'Contents', 'Home'))
    const { jdk } = await fetching({ url: 'http://127.0.0.1:1' }, {}, cache).fetched
    expect(jdk.home).toBe(join(home, 'jdk.app', 'Contents', 'Home'))
  })
})

describe('a broken fetch goes on where it was', () => {
  test('when the connection breaks, however often, as long as each brings something', async () => {
    const server = await archiveServer(smallDistribution())
    server.faults.push(...Array.from({ length: 8 }, () => ({ breakAfter: 30_000 })))
    const { fetched } = fetching(server)
    await fetched
    const starts = server.requests.map((line) => Number(/bytes=(\d+)-$/.exec(line)?.[1] ?? 0))
    expect(starts).toHaveLength(9)
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(new Set(starts).size).toBe(9)
  })

  test('when an earlier process was killed', async () => {
    const archive = smallDistribution()
    const server = await archiveServer(archive)
    const cache = testFolder()
    writeFileSync(join(cache, partOf(archive)), archive.subarray(0, 12_345))
    const { fetched, messages } = fetching(server, {}, cache)
    await fetched
    expect(server.requests).toEqual([`${PATH} bytes=12345-`])
    expect(messages()[0]).toContain('going on to fetch')
    expect(readdirSync(cache)).toEqual([`opensearch-min-${OPENSEARCH_VERSION}`])
  })

  test('when all bytes are there already', async () => {
    const archive = smallDistribution()
    const server = await archiveServer(archive)
    const cache = testFolder()
    writeFileSync(join(cache, partOf(archive)), archive)
    await fetching(server, {}, cache).fetched
    expect(server.requests).toEqual([`${PATH} bytes=${archive.length}-`])
  })

  test('and starts anew where the part is damaged, too long, or the server knows no ranges', async () => {
    const archive = smallDistribution()
    for (const [part, fault] of [
      [Buffer.from('not the beginning'), undefined],
      [Buffer.concat([archive, Buffer.from('more')]), undefined],
      [archive.subarray(0, 500), { ignoreRange: true } as const],
    ] as const) {
      const server = await archiveServer(archive)
      if (fault !== undefined) server.faults.push(fault)
      const cache = testFolder()
      writeFileSync(join(cache, partOf(archive)), part)
      expect((await fetching(server, {}, cache).fetched).home).toBe(minimalHome({ cache, environment: {} }))
    }
  })

  test('when the server is overloaded for a while', async () => {
    const server = await archiveServer(smallDistribution())
    server.faults.push({ status: 503 }, { status: 429 })
    await fetching(server).fetched
    expect(server.requests).toHaveLength(3)
  })
})

describe('what is refused', () => {
  test('a server that breaks every connection before the first byte, with the way out', async () => {
    const server = await archiveServer(smallDistribution())
    server.faults.push(...Array.from({ length: 9 }, () => ({ breakAfter: 0 })))
    const { cache, fetched } = fetching(server)
    await expect(fetched).rejects.toMatchObject({
      code: 'ENGINE_FETCH',
      message: expect.stringMatching(/expected an answer from .*HTTPS_PROXY/),
    })
    expect(server.requests).toHaveLength(4)
    expect(existsSync(minimalHome({ cache, environment: {} }))).toBe(false)
  })

  test('an archive with another digest than the published one; nothing of it is kept', async () => {
    const archive = smallDistribution()
    const server = await archiveServer(archive, 'ab'.repeat(64))
    const { cache, fetched } = fetching(server)
    await expect(fetched).rejects.toMatchObject({
      code: 'ENGINE_CHECKSUM',
      message: expect.stringContaining(sha512(archive)),
    })
    expect(readdirSync(cache)).toEqual([])
  })

  test('an archive with another digest than the pinned one, whatever is published', async () => {
    const server = await archiveServer(smallDistribution())
    const { fetched } = fetching(server, { LEXPAND_DISTRIBUTION_SHA512: 'cd'.repeat(64) })
    await expect(fetched).rejects.toMatchObject({ code: 'ENGINE_CHECKSUM' })
  })

  test.each([
    ['an error page for a digest', '<html>Not here</html>'],
    ['half a digest', 'ab'.repeat(32)],
  ])('%s', async (_case, digest) => {
    const server = await archiveServer(smallDistribution(), digest)
    await expect(fetching(server).fetched).rejects.toMatchObject({
      code: 'ENGINE_CHECKSUM',
      message: expect.stringContaining('128 hexadecimal digits'),
    })
    expect(server.requests).toEqual([])
  })

  test('a cut-off archive whose digest fits, because it was published so', async () => {
    const server = await archiveServer(smallDistribution().subarray(0, 20_000))
    const { cache, fetched } = fetching(server)
    await expect(fetched).rejects.toMatchObject({ code: 'ENGINE_FETCH' })
    expect(existsSync(minimalHome({ cache, environment: {} }))).toBe(false)
    expect(readdirSync(cache).filter((name) => name.startsWith('fetching-'))).toEqual([])
  })

  test('an archive of something else', async () => {
    const { execFileSync } = await import('node:child_process')
    const folder = testFolder()
    writeFileSync(join(folder, 'notes.txt'), 'hello')
    const other = execFileSync('tar', ['-cz', '-C', folder, 'notes.txt'])
    await expect(fetching(await archiveServer(other)).fetched).rejects.toThrow(
      'expected one folder with an engine',
    )
  })

  test.each([404, 403])('status %i at once, without a repetition', async (status) => {
    const server = await archiveServer(smallDistribution())
    server.faults.push({ status })
    await expect(fetching(server).fetched).rejects.toThrow(`got status ${status}`)
    expect(server.requests).toHaveLength(1)
  })

  test('redirects without end', async () => {
    const server = await archiveServer(smallDistribution())
    server.faults.push(...Array.from({ length: 6 }, () => ({ status: 302, location: PATH })))
    await expect(fetching(server).fetched).rejects.toThrow('a redirect')
  })
})

test('a redirect is followed', async () => {
  const server = await archiveServer(smallDistribution())
  server.faults.push({ status: 302, location: '/elsewhere' })
  await fetching(server).fetched
  expect(server.requests).toEqual([`${PATH} whole`, '/elsewhere whole'])
})

describe('proxies', () => {
  test('HTTP_PROXY is used, for the digest and for the archive', async () => {
    const [server, proxy] = [await archiveServer(smallDistribution()), await proxyServer()]
    await fetching(server, { HTTP_PROXY: proxy.url }).fetched
    expect(proxy.passed).toEqual([`GET ${server.url}${PATH}.sha512`, `GET ${server.url}${PATH}`])
  })

  test('NO_PROXY goes before it', async () => {
    const [server, proxy] = [await archiveServer(smallDistribution()), await proxyServer()]
    await fetching(server, { http_proxy: proxy.url, no_proxy: '127.0.0.1' }).fetched
    expect(proxy.passed).toEqual([])
  })

  test('HTTPS_PROXY gets a tunnel: it sees the name of the server and nothing else', async () => {
    const proxy = await proxyServer()
    const { fetched } = fetching({ url: 'https://127.0.0.1:1' }, { HTTPS_PROXY: proxy.url })
    await expect(fetched).rejects.toMatchObject({ code: 'ENGINE_FETCH' })
    expect(proxy.passed).toEqual(['CONNECT 127.0.0.1:1'])
  })
})
