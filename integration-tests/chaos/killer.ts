import { setTimeout as sleep } from 'node:timers/promises'
import type { PrivateService } from '../../embedded/index.ts'
import { seededRandom } from '../../quality/seeded-random.ts'
import { pick } from './pick.ts'
import { type ChaosPlan, killsOf, type Target } from './plan.ts'
import type { ChaosServices } from './services.ts'
import type { Supervised } from './supervised.ts'

export interface Victims {
  readonly services: ChaosServices
  readonly workers: readonly Supervised[]
  readonly sweepers: readonly Supervised[]
}

const DOWN_MS = 500

/**
 * Kills with -9, spread evenly over the run, and brings back what does not come back by itself. One thing at a
 * time is down, because a cluster of three survives the loss of one node.
 *
 * @param progress share of the writes that are done, in [0, 1]
 * @returns the number of kills
 */
export async function killAll(
  plan: ChaosPlan,
  victims: Victims,
  progress: () => number,
  log: (line: string) => void,
): Promise<number> {
  const random = seededRandom(plan.seed + 7)
  const targets = killsOf(plan)
  for (const [at, target] of targets.entries()) {
    while (progress() < (at + 0.5) / targets.length) await sleep(20)
    await sleep(random() * 200)
    log(`kill ${at + 1} of ${targets.length}: ${target}`)
    await kill(target, victims, random)
  }
  return targets.length
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
