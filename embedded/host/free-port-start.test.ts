import { createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { EngineError } from './errors.ts'
import { startOnFreePort } from './free-port-start.ts'

/** A service whose port is taken just before it listens, the first `times` times. */
function robbed(times: number) {
  const ports: number[] = []
  const start = async (port: number) => {
    ports.push(port)
    if (ports.length > times) return port
    // The port stays taken from now on, so a second look must not offer it again.
    const server = createServer().listen(port, '127.0.0.1')
    onTestFinished(() => void server.close())
    throw new EngineError(
      'ENGINE_PORT',
      `expected X to listen on 127.0.0.1:${port}, got a port that is taken.`,
    )
  }
  return { ports, start }
}

test('a port taken between look and start gives another one, and is named', async () => {
  const { ports, start } = robbed(2)
  const onProgress = vi.fn()
  expect(await startOnFreePort({ name: 'X', preferredPort: 0, onProgress }, start)).toBe(ports[2])
  expect(new Set(ports).size).toBe(3)
  expect(onProgress.mock.calls.map(([message]) => message)).toEqual(
    ports.slice(0, 2).map((port) => `port ${port} was taken while X started: starting it on another one`),
  )
})

test('after three such losses the error names all three ports', async () => {
  const { ports, start } = robbed(9)
  const message = await startOnFreePort({ name: 'X', preferredPort: 0 }, start).catch(String)
  expect(ports).toHaveLength(3)
  expect(message).toContain(`got 3 that other programs took meanwhile: ${ports.join(', ')}.`)
})

test('another failure is not repeated', async () => {
  const start = vi.fn(async () => {
    throw new EngineError('ENGINE_START', 'expected X to answer, got silence.')
  })
  await expect(startOnFreePort({ name: 'X', preferredPort: 0 }, start)).rejects.toMatchObject({
    code: 'ENGINE_START',
  })
  expect(start).toHaveBeenCalledTimes(1)
})

test('a taken port that is not the one we chose, such as a transport port, is left to the caller', async () => {
  const start = vi.fn(async () => {
    throw new EngineError('ENGINE_PORT', 'expected X to listen on 127.0.0.1:1, got a port that is taken.')
  })
  await expect(startOnFreePort({ name: 'X', preferredPort: 0 }, start)).rejects.toThrow('127.0.0.1:1,')
  expect(start).toHaveBeenCalledTimes(1)
})
