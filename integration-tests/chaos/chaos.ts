import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@opensearch-project/opensearch'
import { installIndex } from '../../mappings/index.ts'
import { loadModel } from '../../models/index.ts'
import { countDocuments } from '../../opensearch/internal-search.ts'
import { installIngestPipeline } from '../../pipelines/index.ts'
import { audit, DEAD_LETTERS } from '../../workers/index.ts'
import { testIndexSpecification } from '../fixtures/stored-vectors.ts'
import { uniqueName } from '../fixtures/test-index.ts'
import { encodedTwice } from './encoded.ts'
import { killAll } from './killer.ts'
import { Ledger } from './ledger.ts'
import { makeOwnedIndex, OWNED_FIELDS } from './owned-index.ts'
import type { ChaosPlan } from './plan.ts'
import type { ChaosServices } from './services.ts'
import { supervise } from './supervised.ts'
import { type Verdict, verify } from './verify.ts'
import { write } from './writers.ts'

export interface ChaosResult extends Verdict {
  readonly kills: number
  /** How often something was taken away from workers and sweepers, and given back. */
  readonly troubles: number
  /** Dead letters that are left, which a person would have to replay. */
  readonly letters: number
  readonly documents: number
  readonly writes: number
  /** Texts encoded, and how many of these encodings were of a text that had been encoded before. */
  readonly encoded: number
  readonly duplicates: number
  readonly isAuditClean: boolean
  readonly seconds: number
}

const WORKER = new URL('../fixtures/worker-process.ts', import.meta.url)
const SWEEPER = new URL('sweeper-process.ts', import.meta.url)

/**
 * Writers, workers and sweepers work on one index while all of them but the writers, and the engine and Redis, are
 * killed; then everything settles and is compared with the acknowledged writes.
 *
 * @param folder takes the logs of workers and sweepers, and the record of what was encoded
 */
export async function chaos(
  plan: ChaosPlan,
  services: ChaosServices,
  folder: string,
  log: (line: string) => void,
): Promise<ChaosResult> {
  const startedAt = performance.now()
  const encodedLog = join(folder, 'encoded')
  const { access, admin: client } = services
  const index = uniqueName('chaos')
  const identity = randomUUID().replaceAll('-', '').repeat(2)
  const model = { ...(await loadModel()), identity }
  const ledger = new Ledger()
  const { isOwned } = plan
  const specification = testIndexSpecification(model, isOwned ? OWNED_FIELDS : ['text'])
  const before = isOwned ? Math.ceil(plan.documents / 10) : 0
  if (isOwned) await makeOwnedIndex(client, index, { ledger, documents: before, replicas: plan.nodes - 1 })
  await installIndex(client, index, specification, {
    replicas: plan.nodes - 1,
    settings: { 'index.unassigned.node_left.delayed_timeout': '0s' },
  })
  await installIngestPipeline(client, index, specification)

  const worker = { ...access, identity, fakeDelayMs: plan.encodeDelayMs, encodedLog }
  const workers = Array.from({ length: plan.workers }, () =>
    supervise(WORKER, worker, join(folder, 'workers.log')),
  )
  const sweepers = [0, 1].map(() => supervise(SWEEPER, { ...access, index }, join(folder, 'sweepers.log')))
  try {
    const writers = Array.from({ length: plan.writers }, (_, at) =>
      write({
        client: services.writer,
        index,
        ledger,
        seed: plan.seed,
        writer: at,
        documents: Math.ceil(plan.documents / plan.writers),
        hasSections: isOwned,
      }),
    )
    const progress = () => (ledger.inserted - before) / plan.documents
    const [{ kills, troubles }] = await Promise.all([
      killAll(plan, { services, workers, sweepers }, progress, log),
      ...writers,
    ])
    log(`${ledger.operations} writes acknowledged; waiting for everything to settle`)
    const isAuditClean = await settle(client, index, plan.settleMs)
    const verdict = await verify(client, index, { model, specification }, ledger)
    return {
      ...verdict,
      ...encodedTwice(encodedLog),
      kills,
      troubles,
      letters: await countLetters(client),
      documents: ledger.inserted,
      writes: ledger.operations,
      isAuditClean,
      seconds: (performance.now() - startedAt) / 1_000,
    }
  } finally {
    await Promise.all([...workers, ...sweepers].map((child) => child.stop()))
  }
}

async function countLetters(client: Client): Promise<number> {
  const { body: isThere } = await client.indices.exists({ index: DEAD_LETTERS })
  if (!isThere) return 0
  await client.indices.refresh({ index: DEAD_LETTERS })
  return countDocuments(client, { index: DEAD_LETTERS })
}

/** @returns whether the audit found nothing within the time */
async function settle(client: Client, index: string, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (performance.now() < deadline) {
    const report = await audit(client, index, { graceSeconds: 0 }).catch(() => undefined)
    if (report !== undefined && report.problems === 0) return true
    await sleep(1_000)
  }
  return false
}
