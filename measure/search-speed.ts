import { Agent } from 'node:http'
import { percentile } from './latency.ts'
import { hitIds, post, type SearchContestant } from './measured-request.ts'

export interface SearchSpeed {
  readonly p50_ms: number
  readonly p90_ms: number
  readonly p99_ms: number
  /** Queries a second of all clients together. */
  readonly ops_per_second: number
}

export interface SearchMeasurement {
  readonly speed: ReadonlyMap<string, SearchSpeed>
  /** Contestant -> ids of the hits of each query. */
  readonly hits: ReadonlyMap<string, readonly (readonly string[])[]>
  /** Contestant -> times of each query in ms, one for each counted round. */
  readonly times: ReadonlyMap<string, readonly (readonly number[])[]>
}

/** Number of queries of one turn: small enough that other load of the machine affects all contestants alike. */
const TURN = 25

/** Sends one search. @returns its time and the ids of its hits */
export type Ask = (path: string, body: string) => Promise<{ milliseconds: number; ids: string[] }>

/**
 * Lets contestants take turns over the same queries, one client with one connection that stays open. The first round
 * warms up and gives the hits; its times do not count.
 *
 * @param url URL of the server, http
 * @throws LexpandError SERVICE with the server's message when a request fails
 */
export async function measureSearch(
  url: string,
  contestants: ReadonlyMap<string, SearchContestant>,
  rounds: number,
  onRound: (round: number) => void = () => undefined,
): Promise<SearchMeasurement> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const ask: Ask = async (path, body) => {
      const { milliseconds, text } = await post(agent, new URL(path, url), body)
      return { milliseconds, ids: hitIds(text) }
    }
    return await takeTurns(ask, contestants, rounds, onRound)
  } finally {
    agent.destroy()
  }
}

/** Like {@link measureSearch}, over the connection of `ask`. */
export async function takeTurns(
  ask: Ask,
  contestants: ReadonlyMap<string, SearchContestant>,
  rounds: number,
  onRound: (round: number) => void = () => undefined,
): Promise<SearchMeasurement> {
  const times = new Map<string, number[][]>()
  const hits = new Map<string, string[][]>()
  const queries = Math.max(...Array.from(contestants.values(), ({ bodies }) => bodies.length))
  for (let round = 0; round <= rounds; round++) {
    for (let from = 0; from < queries; from += TURN) {
      for (const [name, { path, bodies }] of turns(contestants, round + from / TURN)) {
        for (const [at, body] of bodies.slice(from, from + TURN).entries()) {
          const { milliseconds, ids } = await ask(path, body)
          if (round > 0) ofQuery(listed(times, name), from + at).push(milliseconds)
          else listed(hits, name).push(ids)
        }
      }
    }
    onRound(round)
  }
  const speed = new Map([...times].map(([name, measured]) => [name, searchSpeed(measured.flat())]))
  return { speed, hits, times }
}

/** @param milliseconds at least one */
export function searchSpeed(milliseconds: readonly number[]): SearchSpeed {
  const total = milliseconds.reduce((sum, one) => sum + one, 0)
  return {
    p50_ms: percentile(milliseconds, 50),
    p90_ms: percentile(milliseconds, 90),
    p99_ms: percentile(milliseconds, 99),
    ops_per_second: (1000 * milliseconds.length) / total,
  }
}

/** Mean share of the reference's hits that the other ranking found; queries without hits count as equal. */
export function overlap(
  reference: readonly (readonly string[])[],
  other: readonly (readonly string[])[],
): number {
  const shares = reference.map((ids, query) => {
    const found = new Set(other[query])
    return ids.length === 0 ? 1 : ids.filter((id) => found.has(id)).length / ids.length
  })
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** The order changes with each turn, so that no contestant is always first. */
export function turns<T>(contestants: ReadonlyMap<string, T>, turn: number): [string, T][] {
  const all = [...contestants]
  const first = turn % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

function listed<T>(map: Map<string, T[]>, name: string): T[] {
  const found = map.get(name) ?? []
  map.set(name, found)
  return found
}

function ofQuery(times: number[][], query: number): number[] {
  times[query] ??= []
  return times[query]
}
