import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { installIndex } from '../../mappings/index.ts'
import { loadModel } from '../../models/index.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { lexpand } from '../fixtures/run-cli.ts'
import { testIndexSpecification } from '../fixtures/stored-vectors.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { until } from '../fixtures/until.ts'
import { hasGo, helmProgram, run } from './helm-program.ts'
import { objectsOf } from './kubernetes-schema.ts'

const CHART = fileURLToPath(new URL('../../deploy/helm/lexpand', import.meta.url))

interface Container {
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly livenessProbe: { readonly httpGet: { readonly path: string } }
  readonly readinessProbe: { readonly httpGet: { readonly path: string } }
}

/**
 * Starts what the chart renders for a pod: the arguments and variables of its container, the image's entry point. It
 * differs in the port and the cache folder, which a container has for itself. No program is on its PATH.
 */
function startContainer({ args, env }: Container) {
  const cache = mkdtempSync(join(tmpdir(), 'lexpand-chart-'))
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]))
  let child: ChildProcess | undefined
  let log = ''
  const finished = lexpand(
    args.map((arg) => arg.replace('0.0.0.0:9464', '127.0.0.1:0')),
    {
      env: { ...variables, LEXPAND_CACHE: cache, LEXPAND_VECTOR_CACHE: '', PATH: '/nonexistent' },
      onStarted(started) {
        child = started
        started.stderr?.on('data', (chunk) => {
          log += chunk
        })
      },
    },
  )
  const stop = async () => {
    child?.kill('SIGTERM')
    return finished
  }
  onTestFinished(async () => {
    await stop()
    rmSync(cache, { recursive: true, force: true })
  })
  const url = () => /"url":"(http[^"]+)"/.exec(log)?.[1] ?? ''
  return { url, stop }
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
    for (const { stop, grace } of started) {
      const since = performance.now()
      expect((await stop()).code).toBe(0)
      expect((performance.now() - since) / 1_000).toBeLessThan(grace)
    }
  })
})
