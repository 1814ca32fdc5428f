// A migration in a process of its own, so that tests can kill it at a chosen point: it says where it is and stays there.
import { loadModel } from '../models/index.ts'
import { openQueue } from '../workers/index.ts'
import { nextSpecification, runMigration } from './reindex-fixture.ts'
import { testClient } from './test-index.ts'

/** copying: half of the documents are there. gate: all is ready. blocked: just before the alias moves. moved: just after. */
export type StopPoint = 'copying' | 'gate' | 'blocked' | 'moved'

export interface ReindexProcessSettings {
  readonly opensearchUrl: string
  readonly redisUrl: string
  readonly identity: string
  readonly alias: string
  readonly next: string
  readonly stopAt: StopPoint
}

const settings: ReindexProcessSettings = JSON.parse(process.argv[2] ?? '')
const { stopAt, alias, next, identity } = settings
const client = testClient(settings.opensearchUrl)
const stayHere = async (point: StopPoint) => {
  if (point !== stopAt) return
  process.send?.(point)
  await new Promise(() => setInterval(() => {}, 60_000))
}

const { updateAliases } = client.indices
client.indices.updateAliases = (async (...args: Parameters<typeof updateAliases>) => {
  await stayHere('blocked')
  const reply = await updateAliases.apply(client.indices, args)
  await stayHere('moved')
  return reply
}) as unknown as typeof updateAliases
const { bulk } = client
let bulks = 0
client.bulk = (async (...args: Parameters<typeof bulk>) => {
  if (++bulks === 3) await stayHere('copying')
  return bulk.apply(client, args)
}) as unknown as typeof bulk

await runMigration(
  {
    client,
    queue: await openQueue(settings.redisUrl, identity),
    alias,
    next,
    nextSpecification: nextSpecification({ ...(await loadModel()), identity }),
  },
  { gate: () => stayHere('gate') },
)
process.exit(0)
