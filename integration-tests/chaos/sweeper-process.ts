/** A sweeper in a process of its own, for the chaos run that kills it. Its settings are the first argument, as JSON. */
import { pino } from 'pino'
import { startSweeper } from '../../workers/index.ts'
import { testClient } from '../fixtures/test-index.ts'

export interface SweeperProcessSettings {
  readonly opensearchUrl: string | readonly string[]
  readonly redisUrl: string
  readonly index: string
}

// Before the sweeper runs: a signal that comes at its first sweep closes it, too.
const asked = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()))
const { opensearchUrl, redisUrl, index }: SweeperProcessSettings = JSON.parse(process.argv[2] ?? '')
const sweeper = await startSweeper({
  client: testClient(opensearchUrl),
  redis: redisUrl,
  indices: [index],
  everyMs: 1_000,
  logger: pino({ level: 'warn' }, pino.destination(2)),
})
await asked
await sweeper.close()
process.exit(0)
