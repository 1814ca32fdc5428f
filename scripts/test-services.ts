// Keeps the services of the integration tests running: prints their URLs as one line of JSON and stops them when its
// standard input ends, as it does when its parent is killed.
import { startTestServices } from '../integration-tests/test-services.ts'

// Ctrl-C reaches the whole group; the parent ends the input when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
const isOver = new Promise<void>((resolve) => process.stdin.once('close', resolve).resume())

const { opensearchUrl, redisUrl, stop } = await startTestServices()
process.stdout.write(`${JSON.stringify({ OPENSEARCH_URL: opensearchUrl, REDIS_URL: redisUrl })}\n`)
await isOver
await stop()
