import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { program, stubPath, testFolder } from '../testing/test-folder.ts'
import { ServiceSet } from './service-set.ts'

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

function servicesIn(folder: string): ServiceSet {
  const runDirectory = join(folder, 'services')
  mkdirSync(runDirectory)
  const services = new ServiceSet({
    cache: folder,
    runDirectory,
    environment: { LEXPAND_JAVA_HOME: '/nowhere' },
    user: undefined,
    heap: '1g',
    isShortLived: true,
    plugin: undefined,
    preferredPorts: { opensearch: 0, redis: 0 },
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

test('removing a set deletes its folder', async () => {
  const folder = testFolder()
  await servicesIn(folder).remove()
  expect(existsSync(join(folder, 'services'))).toBe(false)
})
