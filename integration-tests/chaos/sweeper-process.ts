/** A sweeper in a process of its own, for the chaos run that kills it. Its settings are the first argument, as JSON. */
import { pino } from 'pino'
import { startSweeper } from '../../workers/index.ts'
import { testClient } from '../fixtures/test-index.ts'

export interface SweeperProcessSettings {
  readonly opensearchUrl: string | readonly string[]
  readonly redisUrl: string
  readonly index: string
}

const { opensearchUrl, redisUrl, index }: SweeperProcessSettings = JSON.parse(process.argv[2] ?? '')
const sweeper = await startSweeper({
  client: testClient(opensearchUrl),
  redis: redisUrl,
  indices: [index],
  everyMs: 1_000,
  logger: pino({ level: 'warn' }, pino.destination(2)),
})
process.on('SIGTERM', () => void sweeper.close().then(() => process.exit(0)))
