import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { program, stubPath, testFolder } from '../testing/test-folder.ts'
import {
  dockerAnswers,
  REDIS_IMAGE_VERSION,
  removeContainers,
  startContainer,
  stopContainer,
} from './containers.ts'
import { OPENSEARCH_VERSION } from './engine/release.ts'
import { packageRoot } from './host/cache-folder.ts'

afterEach(() => void vi.unstubAllEnvs())

const FILE = join(packageRoot(), 'docker-compose.yml')

/** Puts programs on PATH that record their calls. @returns the calls so far */
function fakeDocker(scripts: Record<string, string>): () => string[] {
  const folder = testFolder()
  const log = join(folder, 'calls')
  for (const [name, script] of Object.entries(scripts)) {
    program(
      join(folder, name),
      `echo "${name} $* $LEXPAND_OPENSEARCH_PORT$LEXPAND_REDIS_PORT $LEXPAND_OPENSEARCH_MEMORY" >> ${log}\n${script}`,
    )
  }
  stubPath(`${folder}:/usr/bin:/bin`)
  return () =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim())
}

test('a service starts on the given port and stops without losing its volume', async () => {
  const calls = fakeDocker({ docker: 'exit 0' })
  expect(await startContainer('redis', 'lexpand-x', 6_380)).toMatchObject({
    kind: 'container',
    url: 'redis://127.0.0.1:6380',
    dataDirectory: 'lexpand-x_redis-data',
  })
  await stopContainer('redis', 'lexpand-x')
  await removeContainers('lexpand-x')
  const prefix = `docker compose --file ${FILE} --project-name lexpand-x`
  expect(calls().filter((call) => call !== 'docker compose version')).toEqual([
    `${prefix} up --detach redis 6380`,
    `${prefix} rm --stop --force redis`,
    `${prefix} down --volumes`,
  ])
})

test('a container of OpenSearch with a larger heap gets more memory, too', async () => {
  const calls = fakeDocker({ docker: 'exit 0' })
  vi.stubEnv('LEXPAND_HEAP', '4g')
  await startContainer('opensearch', 'p', 9_200)
  expect(calls().at(-1)).toMatch(/up --detach opensearch 9200 8g$/)
})

test('the older program docker-compose serves as well', async () => {
  const calls = fakeDocker({ docker: 'exit 1', 'docker-compose': 'exit 0' })
  await stopContainer('opensearch', 'p')
  expect(calls().at(-1)).toBe(`docker-compose --file ${FILE} --project-name p rm --stop --force opensearch`)
})

test('what Compose says about its failure is in the message', async () => {
  fakeDocker({ docker: `test "$2" = version || { echo 'no space left on device' >&2; exit 1; }` })
  await expect(startContainer('opensearch', 'p', 9_200)).rejects.toThrow('no space left on device')
})

test('a client without a daemon does not answer', async () => {
  fakeDocker({ docker: 'exit 1' })
  expect(await dockerAnswers()).toBe(false)
})

test('docker-compose.yml runs the versions that are reported, on this machine only', () => {
  const yaml = readFileSync(FILE, 'utf8')
  expect(yaml).toContain(`image: opensearchproject/opensearch:${OPENSEARCH_VERSION}\n`)
  expect(yaml).toContain(`image: redis:${REDIS_IMAGE_VERSION}\n`)
  const published = yaml.match(/- "[^"]*:\d+"/g)
  expect(published).toHaveLength(yaml.match(/^ {4}ports:$/gm)?.length ?? 0)
  for (const port of published ?? []) expect(port).toMatch(/^- "127\.0\.0\.1:/)
  // docker-compose 1.29, which Debian 12 has, refuses a whole file with a name.
  expect(yaml).not.toMatch(/^name:/m)
})
