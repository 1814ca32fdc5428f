import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program, testFolder } from '../../testing/test-folder.ts'
import { startDaemon, waitUntilHealthy } from './daemon.ts'

/** Starts a program that prints these lines and ends, and waits for it as for a service. */
async function afterPrinting(lines: readonly string[]): Promise<unknown> {
  const folder = testFolder()
  const logFile = join(folder, 'log')
  const command = program(join(folder, 'service'), `cat <<'END'\n${lines.join('\n')}\nEND`)
  const mark = await startDaemon({ command, arguments: [], cwd: folder, user: undefined, logFile })
  return waitUntilHealthy({ name: 'X', mark, isHealthy: async () => false, timeoutMs: 10_000, logFile })
}

/** The 86 lines that OpenSearch 3.6.0 prints after the line that names the port. */
const STACK = Array.from({ length: 86 }, (_, at) => `\tat java.base/some.Class.method(Class.java:${at})`)

test.each([
  [
    'OpenSearch 3.6.0',
    'Caused by: org.opensearch.http.BindHttpException: Failed to bind to 127.0.0.1:9200',
    STACK,
  ],
  [
    'its transport',
    'Caused by: org.opensearch.transport.BindTransportException: Failed to bind to 127.0.0.1:9301',
    STACK,
  ],
  [
    'Redis 7',
    'Warning: Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use',
    [],
  ],
])('a port that %s found taken is named, however much is printed after it', async (_case, line, rest) => {
  await expect(afterPrinting(['starting ...', line, ...rest])).rejects.toMatchObject({
    code: 'ENGINE_PORT',
    message: expect.stringMatching(/expected \S+ to listen on 127\.0\.0\.1:(9200|9301|6379), got a port/),
  })
})

test('another end is told with the last lines of the log', async () => {
  await expect(afterPrinting(['starting ...', 'java.lang.OutOfMemoryError'])).rejects.toMatchObject({
    code: 'ENGINE_START',
    message: expect.stringContaining('java.lang.OutOfMemoryError'),
  })
})
