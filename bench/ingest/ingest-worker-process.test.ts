import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { DEFAULT_MODEL } from '../../models/index.ts'
import { IngestWorker, type WorkerPlace } from './ingest-worker-process.ts'

function worker(place: Partial<WorkerPlace>, redisPort = 9): IngestWorker {
  return new IngestWorker(
    { opensearchUrl: 'http://127.0.0.1:9', ...place },
    {
      redisUrl: `redis://127.0.0.1:${redisPort}`,
      model: DEFAULT_MODEL,
      identity: 'a'.repeat(64),
      encoder: 'fake',
      encoderProcesses: 1,
      threads: 1,
      sweep: false,
    },
  )
}

test('a stop ends a worker before it listens', async () => {
  const started = worker({})
  await started.stop()
  expect(started.exited).toBe(true)
})

test('a stop ends a worker that waits for a service', async () => {
  const silent = createServer()
  const asked = once(silent, 'connection')
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const started = worker({}, (silent.address() as AddressInfo).port)
  const [socket] = await asked
  onTestFinished(() => {
    socket.destroy()
    silent.close()
  })
  await started.stop()
  expect(started.exited).toBe(true)
})

test('a worker whose program is missing is told, and stops', async () => {
  vi.stubEnv('PATH', '/nowhere')
  const started = worker({ namespace: 'none' })
  vi.unstubAllEnvs()
  await expect(started.ready).rejects.toThrow(/a worker that starts, got spawn nsenter ENOENT/)
  await started.stop()
})
