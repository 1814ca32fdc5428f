import { expect, inject, onTestFinished, test } from 'vitest'
import { startPrivateRedis } from '../../embedded/index.ts'
import { lexpand, startLexpand } from '../fixtures/run-cli.ts'
import { until } from '../fixtures/until.ts'

interface Line {
  readonly time: string
  readonly level: string
  readonly msg: string
  readonly err?: Record<string, unknown>
}

/** Every line must be JSON, with a time in ISO 8601 and a level by name. */
function linesOf(log: string): Line[] {
  const lines = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line))
  for (const { time, level } of lines) {
    expect(new Date(time).toISOString()).toBe(time)
    expect(level).toMatch(/^(info|warn|error|fatal)$/)
  }
  return lines
}

test.each([
  { name: 'worker', args: ['worker', '--no-sweep'] },
  { name: 'sweeper', args: ['sweep', '--follow', '--every', '1s', '--index', 'no-such-index-here'] },
])(
  'a $name logs JSON lines only, and a trouble that lasts is one line and its end another',
  async ({ args, name }) => {
    const redis = await startPrivateRedis()
    onTestFinished(() => redis.stop())
    const { log, stop } = startLexpand(args, { REDIS_URL: redis.url })
    await until(() => /until SIGTERM/.test(log()))
    if (name === 'worker') {
      await redis.kill9()
      await until(() => /Redis does not do its part/.test(log()))
      await redis.restart()
      await until(() => /Redis is back/.test(log()))
    } else {
      await until(() => /not swept/.test(log()))
    }
    const { code, stdout } = await stop()
    expect(code).toBe(0)
    expect(stdout).toBe('')
    const lines = linesOf(log())
    const messages = lines.map(({ msg }) => msg)
    expect(new Set(messages).size).toBe(messages.length)
    expect(messages.filter((message) => /Redis|not swept/.test(message)).length).toBeLessThanOrEqual(4)
    expect(log()).not.toMatch(/\bat .*:\d+:\d+/)
  },
)

test('what ends a worker at its start is the last line of its log, and a result where JSON is asked for', async () => {
  const env = { REDIS_URL: 'redis://127.0.0.1:1', OPENSEARCH_URL: inject('opensearchUrl') }
  const { code, stdout, stderr } = await lexpand(['worker', '--json'], { env })
  expect(code).toBe(1)
  expect(JSON.parse(stdout).error).toMatchObject({ code: 'SERVICE' })
  expect(linesOf(stderr).at(-1)).toMatchObject({
    level: 'fatal',
    err: { code: 'SERVICE', message: expect.stringContaining('[redis] expected Redis at 127.0.0.1:1') },
  })
})
