import { setTimeout as sleep } from 'node:timers/promises'
import type { PrivateService } from '../../embedded/index.ts'
import { seededRandom } from '../../quality/seeded-random.ts'
import { pick } from './pick.ts'
import { type ChaosPlan, killsOf, type Target } from './plan.ts'
import type { ChaosServices, Trouble } from './services.ts'
import type { Supervised } from './supervised.ts'

export interface Victims {
  readonly services: ChaosServices
  readonly workers: readonly Supervised[]
  readonly sweepers: readonly Supervised[]
}

const DOWN_MS = 500
/** After every third kill something is taken away for so long: longer than a job waits until its first repeat. */
const KILLS_A_TROUBLE = 3
const TROUBLE_MS = 4_000

/**
 * Kills with -9, spread evenly over the run, and brings back what does not come back by itself. One thing at a
 * time is down, because a cluster of three survives the loss of one node.
 *
 * @param progress share of the writes that are done, in [0, 1]
 * @returns how many there were
 */
export async function killAll(
  plan: ChaosPlan,
  victims: Victims,
  progress: () => number,
  log: (line: string) => void,
): Promise<{ kills: number; troubles: number }> {
  const random = seededRandom(plan.seed + 7)
  const targets = killsOf(plan)
  const { troubles } = victims.services
  let passed = 0
  for (const [at, target] of targets.entries()) {
    while (progress() < (at + 0.5) / targets.length) await sleep(20)
    await sleep(random() * 200)
    log(`kill ${at + 1} of ${targets.length}: ${target}`)
    await kill(target, victims, random)
    if (at % KILLS_A_TROUBLE !== 0 || troubles.length === 0) continue
    const trouble = troubles[(at / KILLS_A_TROUBLE) % troubles.length] as Trouble
    log(`trouble: ${trouble.name}`)
    await trouble.begin()
    await sleep(TROUBLE_MS)
    await trouble.end()
    passed++
  }
  return { kills: targets.length, troubles: passed }
}

async function kill(target: Target, victims: Victims, random: () => number): Promise<void> {
  const { services, workers, sweepers } = victims
  if (target === 'worker') return oneOf(random, workers).kill9()
  if (target === 'sweeper') return oneOf(random, sweepers).kill9()
  await crash(target === 'redis' ? services.redis : oneOf(random, services.nodes))
}

async function crash(service: PrivateService): Promise<void> {
  await service.kill9()
  await sleep(DOWN_MS)
  await service.restart()
}

function oneOf<T>(random: () => number, from: readonly T[]): T {
  return pick(random, from as readonly [T, ...T[]])
}
