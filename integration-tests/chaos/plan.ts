import { seededRandom } from '../../quality/seeded-random.ts'
import { pick } from './pick.ts'

export type Target = 'worker' | 'sweeper' | 'redis' | 'engine'

export interface ChaosPlan {
  readonly seed: number
  /** Documents that the writers insert; each is written about twice in all. */
  readonly documents: number
  readonly kills: number
  /** OpenSearch nodes: one, or three of which one at a time is killed. */
  readonly nodes: 1 | 3
  /** Whether the index is one that its owner made, see `makeOwnedIndex`. */
  readonly isOwned: boolean
  readonly writers: number
  readonly workers: number
  /** Milliseconds that a batch takes in the fake encoder: enough for kills to hit work in flight. */
  readonly encodeDelayMs: number
  /** Time in which everything has to settle after the last write and kill. */
  readonly settleMs: number
}

/** Under a minute once the services run: for every commit. With this seed the engine, slow to come back, is killed once. */
export const SHORT: ChaosPlan = {
  seed: 2,
  documents: 1_200,
  kills: 8,
  nodes: 1,
  isOwned: false,
  writers: 2,
  workers: 2,
  encodeDelayMs: 80,
  settleMs: 90_000,
}

export const LONG: ChaosPlan = {
  seed: 1,
  documents: 20_000,
  kills: 52,
  nodes: 1,
  isOwned: false,
  writers: 4,
  workers: 2,
  encodeDelayMs: 80,
  settleMs: 600_000,
}

/** A worker dies most often in real life, an engine takes longest to come back. */
const MIX: readonly [Target, ...Target[]] = ['worker', 'worker', 'worker', 'sweeper', 'redis', 'engine']

/** The targets of the kills in order; every kind occurs at least once. */
export function killsOf({ seed, kills }: ChaosPlan): Target[] {
  const random = seededRandom(seed)
  const first: Target[] = ['worker', 'sweeper', 'redis', 'engine']
  return Array.from({ length: kills }, (_, at) => first[at] ?? pick(random, MIX))
}
