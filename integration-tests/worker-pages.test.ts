import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, inject, onTestFinished, test, vi } from 'vitest'
import { installIndex } from '../mappings/index.ts'
import { loadModel } from '../models/index.ts'
import { installIngestPipeline } from '../pipelines/index.ts'
import { type RunOptions, startLexpand } from './fixtures/run-cli.ts'
import { testIndexSpecification } from './fixtures/stored-vectors.ts'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'

const index = uniqueName('pages')
const client = testClient(inject('opensearchUrl'))
const SECRET = 'Xyzzy plugh text that must stay in the index'

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: unknown
    readonly scopeSpans: readonly {
      readonly spans: readonly { name: string; traceId: string; spanId: string; parentSpanId?: string }[]
    }[]
  }[]
}

afterAll(() => removeIndices(client, index))

/** `lexpand worker` on a port of its own, stopped when the test ends. */
async function startWorkerCommand(args: readonly string[], env: RunOptions['env'] = {}) {
  const { stop, log } = startLexpand(['worker', '--json', '--http', '127.0.0.1:0', ...args], env)
  const url = await vi.waitFor(
    () => {
      const found = /"url":"(http[^"]+)"/.exec(log())?.[1]
      if (found === undefined) throw new Error(`no address in ${log()}`)
      return found
    },
    { timeout: 60_000, interval: 100 },
  )
  return { url, stop, log }
}

async function writeOne(id: string): Promise<void> {
  const specification = testIndexSpecification(await loadModel(), ['text'])
  await installIndex(client, index, specification)
  await installIngestPipeline(client, index, specification)
  await client.index({ index, id, body: { text: SECRET }, refresh: true })
}

const isReady = (id: string) => async () =>
  expect((await client.get({ index, id })).body._source?.lexpand.state).toBe('ready')

test('a worker tells its state, its numbers and its queue, and changes nothing for whoever asks', async () => {
  await writeOne('1')
  const { url, stop } = await startWorkerCommand(['--ui'])
  const page = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init)
  await vi.waitFor(isReady('1'), { timeout: 60_000, interval: 200 })

  expect((await page('/healthz')).status).toBe(200)
  const ready = await page('/readyz')
  expect(await ready.json()).toEqual({
    status: 'ready',
    checks: { redis: 'ok', opensearch: 'ok', encoder: 'ok', worker: 'ok' },
  })
  await client.indices.refresh({ index })
  const metrics = await (await page('/metrics')).text()
  expect(metrics).toMatch(
    new RegExp(`^lexpand_documents_total\\{index="${index}",outcome="ready"\\} 1$`, 'm'),
  )
  expect(metrics).toMatch(new RegExp(`^lexpand_index_documents\\{index="${index}",state="ready"\\} 1$`, 'm'))
  expect(metrics).toMatch(/^lexpand_queue_jobs\{state="wait"\} 0$/m)
  expect(metrics).toMatch(/^lexpand_queue_workers 1$/m)
  expect(metrics).toMatch(/^lexpand_encoder_processes [1-9]/m)
  expect(metrics).toMatch(/^lexpand_encoder_resident_memory_bytes [1-9]\d{6,}/m)
  expect(metrics).toMatch(/^lexpand_encoder_restarts_total 0$/m)
  expect(metrics).toMatch(/^process_resident_memory_bytes \d+/m)

  const board = await page('/queues')
  expect(await board.text()).toContain('/queues/')
  const script = /src="(static\/js\/main[^"]+)"/.exec(await (await page('/queues')).text())?.[1]
  expect((await page(`/queues/${script}`)).status).toBe(200)
  const queues = (await (await page('/queues/api/queues')).json()) as { queues: { name: string }[] }
  const [queue] = queues.queues
  expect(queue).toMatchObject({ readOnlyMode: true })
  for (const action of ['pause', 'empty', 'clean/completed', 'obliterate']) {
    expect((await page(`/queues/api/queues/${queue?.name}/${action}`, { method: 'PUT' })).status).toBe(405)
  }
  const { code } = await stop()
  expect(code).toBe(0)
})

test('a job is one trace from the queue to the write, in a collector that speaks OTLP, without texts', async () => {
  const received: { path: string; body: string }[] = []
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  onTestFinished(() => void collector.close())
  const { port } = collector.address() as AddressInfo

  await writeOne('2')
  const { stop } = await startWorkerCommand([], {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_SERVICE_NAME: 'lexpand-under-test',
  })
  await vi.waitFor(isReady('2'), { timeout: 60_000, interval: 200 })
  const { code } = await stop()
  expect(code).toBe(0)

  expect(received.every(({ path }) => path === '/v1/traces')).toBe(true)
  const spans = received.flatMap(({ body }) =>
    (JSON.parse(body) as OtlpRequest).resourceSpans.flatMap(({ resource, scopeSpans }) => {
      expect(JSON.stringify(resource)).toContain('lexpand-under-test')
      return scopeSpans.flatMap((scope) => scope.spans)
    }),
  )
  const named = (name: RegExp) => spans.filter((span) => name.test(span.name))
  const [queued] = named(/^addBulk /)
  const [job] = named(/^process /)
  expect(job).toMatchObject({ traceId: queued?.traceId, parentSpanId: queued?.spanId })
  for (const stage of [/^read$/, /^encode$/, /^write$/]) {
    expect(named(stage)[0]).toMatchObject({ traceId: job?.traceId, parentSpanId: job?.spanId })
  }
  expect(JSON.stringify(spans)).not.toContain('plugh')
  // Polling for jobs would be a trace a second for ever.
  expect(new Set(spans.map(({ name }) => name.split(' ')[0]))).toEqual(
    new Set(['addBulk', 'process', 'read', 'encode', 'write']),
  )
})
