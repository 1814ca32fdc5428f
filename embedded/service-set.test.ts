import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { program, stubPath, testFolder } from '../testing/test-folder.ts'
import { ServiceSet, type ServiceSetOptions } from './service-set.ts'

const HEALTHY = `require('node:http').createServer((q, r) => r.end('{"status":"green"}')).listen(+process.argv[2], '127.0.0.1')`

/** A Docker whose only container is a little server, behind the real command line of Compose. */
function fakeDocker(folder: string): void {
  const [server, pidFile] = [join(folder, 'server.cjs'), join(folder, 'pid')]
  writeFileSync(server, HEALTHY)
  const up = `"${process.execPath}" ${server} $LEXPAND_OPENSEARCH_PORT > /dev/null 2>&1 & echo $! > ${pidFile}`
  const script = `case "$*" in *" up "*) ${up} ;; *" rm "*) kill $(cat ${pidFile}) ;; esac`
  program(join(folder, 'bin', 'docker'), script)
  stubPath(`${join(folder, 'bin')}:/usr/bin:/bin`)
}

function servicesIn(
  folder: string,
  environment: NodeJS.ProcessEnv = {},
  options: Partial<ServiceSetOptions> = {},
): ServiceSet {
  const runDirectory = join(folder, 'services')
  mkdirSync(runDirectory)
  const services = new ServiceSet({
    cache: folder,
    runDirectory,
    environment: { LEXPAND_JAVA_HOME: '/nowhere', ...environment },
    user: undefined,
    heap: '1g',
    isShortLived: true,
    plugin: undefined,
    preferredPorts: { opensearch: 0, redis: 0 },
    ...options,
  })
  onTestFinished(() => services.remove())
  return services
}

test('without a JDK, OpenSearch runs in a container where Docker answers, and is found and stopped there', async () => {
  const folder = testFolder()
  fakeDocker(folder)
  const services = servicesIn(folder)
  const messages: string[] = []
  const onProgress = (message: string) => void messages.push(message)

  const first = await services.up({ redis: false, onProgress })
  expect(messages[0]).toContain('opensearch in a container')
  expect(await services.up({ redis: false })).toEqual(first)
  expect((await services.status())[0]).toMatchObject({ state: 'running', url: first.opensearchUrl })

  expect(await services.down()).toEqual({ stopped: ['opensearch'] })
  expect((await services.status())[0]).toMatchObject({ state: 'stopped' })
})

test('without a JDK and without Docker, the message names the JDK that was tried', async () => {
  const folder = testFolder()
  stubPath(folder)
  const up = servicesIn(folder).up({ redis: false })
  await expect(up).rejects.toMatchObject({ code: 'ENGINE_NO_JDK' })
  await expect(up).rejects.toThrow('LEXPAND_JAVA_HOME=/nowhere has no bin/java')
})

const PONG = `require('node:net').createServer((s) => s.on('data', () => s.write('+PONG\\r\\n'))).listen(+process.argv[process.argv.indexOf('--port') + 1], '127.0.0.1')`

/** A redis-server that answers PING as the real one does. */
function fakeRedis(folder: string): void {
  writeFileSync(join(folder, 'server.cjs'), PONG)
  const version = '[ "$1" = --version ] && { echo "Redis server v=7.0.15"; exit; }'
  program(join(folder, 'redis-server'), `${version}\nexec "${process.execPath}" ${folder}/server.cjs "$@"`)
  stubPath(`${folder}:/usr/bin:/bin`)
}

test('when one service cannot be started, the other one that this call started is stopped again', async () => {
  const folder = testFolder()
  fakeRedis(folder)
  const services = servicesIn(folder, { LEXPAND_REDIS_SERVER: join(folder, 'redis-server') })
  const messages: string[] = []
  const up = services.up({ onProgress: (message) => void messages.push(message) })
  await expect(up).rejects.toMatchObject({ code: 'ENGINE_NO_JDK' })
  expect(messages).toContainEqual(expect.stringContaining('redis is ready at redis://127.0.0.1:'))
  expect(messages.at(-1)).toBe('stopped redis again')
  expect((await services.status()).map(({ state }) => state)).toEqual(['stopped', 'stopped'])
})

test('what ran before stays when another service cannot be started', async () => {
  const folder = testFolder()
  fakeRedis(folder)
  const services = servicesIn(folder, { LEXPAND_REDIS_SERVER: join(folder, 'redis-server') })
  await services.up({ opensearch: false })
  await expect(services.up()).rejects.toMatchObject({ code: 'ENGINE_NO_JDK' })
  expect((await services.status()).map(({ state }) => state)).toEqual(['stopped', 'running'])
})

test('without a redis-server, one that runs here already is used, and down leaves it alone', async () => {
  const folder = testFolder()
  stubPath(folder)
  const server = createServer((socket) => socket.on('data', (data) => socket.write(answersOfRedis(data))))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const url = `redis://127.0.0.1:${port}`
  const services = servicesIn(
    folder,
    {},
    { isShortLived: false, preferredPorts: { opensearch: 0, redis: port } },
  )
  expect((await services.up({ opensearch: false })).redisUrl).toBe(url)
  expect((await services.status())[1]).toMatchObject({ state: 'running', url, version: '7.2.4' })
  expect(await services.down()).toEqual({ stopped: [] })
  expect((await services.status())[1]?.state).toBe('stopped')
  expect(server.listening).toBe(true)
})

test('services of a test never use a Redis of somebody else', async () => {
  const folder = testFolder()
  stubPath(folder)
  await expect(servicesIn(folder).up({ opensearch: false })).rejects.toMatchObject({
    code: 'ENGINE_NO_REDIS',
  })
})

function answersOfRedis(data: Buffer): string {
  return data.includes('INFO')
    ? '$20\r\n# Server\r\nredis_version:7.2.4\r\n\r\n*2\r\nnoeviction\r\n'
    : '+PONG\r\n'
}

test('removing a set deletes its folder', async () => {
  const folder = testFolder()
  await servicesIn(folder).remove()
  expect(existsSync(join(folder, 'services'))).toBe(false)
})
