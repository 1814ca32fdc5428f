import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { removeIndices, testClient, uniqueName } from './fixtures/test-index.ts'
import { until } from './fixtures/until.ts'

const FOLDER = join(import.meta.dirname, '..', 'examples')

interface Example {
  readonly child: ChildProcess
  readonly printed: () => string
  /** Resolves with the exit status. */
  readonly ended: Promise<number | null>
}

function start(program: string, ...programArguments: readonly string[]): Example {
  const child = spawn(
    process.execPath,
    ['--conditions=lexpand-source', join(FOLDER, program), ...programArguments],
    { env: { ...process.env, OPENSEARCH_URL: inject('opensearchUrl'), REDIS_URL: inject('redisUrl') } },
  )
  let text = ''
  child.stdout.on('data', (part) => {
    text += part
  })
  child.stderr.on('data', (part) => {
    text += part
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  return { child, printed: () => text, ended }
}

async function finished(example: Example): Promise<string> {
  expect(await example.ended, example.printed()).toBe(0)
  return example.printed()
}

function ownIndex(subject: string): string {
  const index = uniqueName(subject)
  const client = testClient(inject('opensearchUrl'))
  onTestFinished(async () => {
    await removeIndices(client, index, `${index}-pruned`)
    await client.close()
  })
  return index
}

test('push, the search service, agents and frameworks, and a migration, one after the other on one index', {
  timeout: 180_000,
}, async () => {
  const index = ownIndex('example-push')
  const pushed = await finished(start('push.ts', index))
  expect(pushed).toMatch(/3 stored, 0 there already, 0 refused/)
  expect(pushed).toMatch(/\n[\d.]+ Stocks\n/)

  const service = start('search-service.ts', index, '0')
  await until(() => /listening on \d+/.test(service.printed()))
  const address = `http://127.0.0.1:${/listening on (\d+)/.exec(service.printed())?.[1]}/search`
  const found = (await (await fetch(`${address}?q=ocean%20water%20level&mode=sparse`)).json()) as {
    hits: { explanation: object[] }[]
  }
  expect(found).toMatchObject({ hits: [{ id: 'Tides' }] })
  expect(found.hits[0]?.explanation.length).toBeGreaterThan(1)
  const wrong = await fetch(`${address}?q=a&mode=hybird`)
  expect(wrong.status).toBe(400)
  service.child.kill('SIGTERM')

  // Models are stubs that repeat their input, which shows that the passage has arrived.
  for (const framework of ['langchain.ts', 'ai-sdk.ts', 'mcp-client.ts']) {
    expect(await finished(start(framework, index, 'ocean water level')), framework).toMatch(
      /The moon pulls the water of the sea/,
    )
  }

  const moved = await finished(start('migration.ts', index))
  expect(moved).toMatch(
    /3 documents moved\n\{"type":"max_ratio","ratio":0.3\}\n\{"type":"max_ratio","ratio":0.1\}/,
  )
})

test('a writer beside its hook', { timeout: 120_000 }, async () => {
  expect(await finished(start('hook.ts', ownIndex('example-hook')))).toMatch(
    /2 of 2 documents have their vector, 0 have problems/,
  )
})

test('a worker process of one’s own takes work and ends in order', { timeout: 120_000 }, async () => {
  const worker = start('worker.ts')
  await until(() => worker.printed().includes('ready\n'))
  worker.child.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
})
