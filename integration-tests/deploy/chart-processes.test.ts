import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { installIndex } from '../../mappings/index.ts'
import { loadModel } from '../../models/index.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { logOf } from '../fixtures/run-cli.ts'
import { testIndexSpecification } from '../fixtures/stored-vectors.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { until } from '../fixtures/until.ts'
import { hasGo, helmProgram, run } from './helm-program.ts'
import { objectsOf } from './kubernetes-schema.ts'

const BINARY = fileURLToPath(new URL('../../bin/lexpand.mjs', import.meta.url))
const CHART = fileURLToPath(new URL('../../deploy/helm/lexpand', import.meta.url))

interface Container {
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly livenessProbe: { readonly httpGet: { readonly path: string } }
  readonly readinessProbe: { readonly httpGet: { readonly path: string } }
}

/** Security context of the chart: a root file system that cannot be written, user 1000, no capability, and a /tmp of its own. */
const AS_IN_A_POD =
  'mount -o remount,bind,ro / && mount -t tmpfs -o mode=1777 tmpfs /tmp && exec setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set=-all "$@"'

/** Only root of a machine with these tools can do it, and the checkout must be open to user 1000. */
const canBeAPod = await run('unshare', [
  '-m',
  'sh',
  '-c',
  AS_IN_A_POD,
  'sh',
  process.execPath,
  '--check',
  BINARY,
]).then(
  () => true,
  () => false,
)

/**
 * Starts what the chart renders for a pod: the arguments and variables of its container, the image's entry point, where
 * it can be done also its security context. It differs in the port and the cache folder, which a container has for
 * itself. No program is on its PATH.
 */
function startContainer({ args, env }: Container) {
  const command = [process.execPath, BINARY, ...args.map((arg) => arg.replace('0.0.0.0:9464', '127.0.0.1:0'))]
  const [program = '', ...words] = canBeAPod
    ? [
        '/usr/bin/unshare',
        '-m',
        '/bin/sh',
        '-c',
        `PATH=/usr/sbin:/usr/bin:/sbin:/bin; ${AS_IN_A_POD}`,
        'sh',
        ...command,
      ]
    : command
  const cache = mkdtempSync(join(tmpdir(), 'lexpand-chart-'))
  const child = spawn(program, words, {
    env: {
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      LEXPAND_CACHE: canBeAPod ? '/tmp/cache' : cache,
      PATH: '/nonexistent',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = logOf(child)
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = await ended
    return code
  }
  onTestFinished(async () => {
    await stop()
    rmSync(cache, { recursive: true, force: true })
  })
  return { url: () => /"url":"(http[^"]+)"/.exec(log())?.[1] ?? '', log, stop }
}

describe.skipIf(!(await hasGo()))('the processes of the chart', () => {
  let helm = ''
  beforeAll(async () => {
    helm = await helmProgram().catch((error: Error) => {
      if (process.env.CI === 'true') throw error
      return ''
    })
  }, 1_300_000)
  beforeEach(({ skip }) => skip(helm === '', 'helm cannot be built here'))

  test('worker and sweeper start by its arguments, answer its probes, encode what a client wrote, and end in time', async () => {
    const settings = `opensearch.url=${inject('opensearchUrl')},redis.url=${inject('redisUrl')},sweeper.every=1s`
    const { stdout } = await run(helm, ['template', 'x', CHART, '--set', settings])
    const deployments = objectsOf(stdout).filter(({ kind }) => kind === 'Deployment')
    expect(deployments).toHaveLength(2)
    const client = testClient(inject('opensearchUrl'))
    const index = uniqueName('chart')
    onTestFinished(() => removeIndices(client, index))
    const specification = testIndexSpecification(await loadModel(), ['text'])
    await installIndex(client, index, specification)
    await installIngestPipeline(client, index, specification)
    await client.index({ index, id: '1', body: { text: 'Written by any client.' }, refresh: true })
    const pods = deployments.map(({ spec }) => ({
      grace: spec.template.spec.terminationGracePeriodSeconds as number,
      container: spec.template.spec.containers[0] as Container,
    }))
    const started = pods.map((pod) => ({ ...pod, ...startContainer(pod.container) }))
    for (const { url, container } of started) {
      const answers = async (path: string) =>
        (await fetch(`${url()}${path}`).catch(() => undefined))?.ok === true
      await until(() => url() !== '')
      await until(() => answers(container.livenessProbe.httpGet.path))
      await until(() => answers(container.readinessProbe.httpGet.path))
    }
    await until(async () => (await client.get({ index, id: '1' })).body._source?.lexpand?.state === 'ready')
    for (const { stop, log, grace } of started) {
      const since = performance.now()
      expect(await stop(), log()).toBe(0)
      expect((performance.now() - since) / 1_000).toBeLessThan(grace)
    }
  })
})
