/** A sweeper in a process of its own, for the chaos run that kills it. Its settings are the first argument, as JSON. */
import { pino } from 'pino'
import { startSweeper } from '../../workers/index.ts'
import { type Access, reach } from '../fixtures/reach.ts'

export interface SweeperProcessSettings extends Access {
  readonly index: string
}

// Before the sweeper runs: a signal that comes at its first sweep closes it, too.
const asked = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()))
const { index, ...access }: SweeperProcessSettings = JSON.parse(process.argv[2] ?? '')
const sweeper = await startSweeper({
  ...reach(access),
  indices: [index],
  everyMs: 1_000,
  logger: pino({ level: 'warn' }, pino.destination(2)),
})
await asked
await sweeper.close()
process.exit(0)
