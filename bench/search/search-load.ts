import { Agent } from 'node:http'
import { post, type SearchContestant } from '../../measure/measured-request.ts'
import { type SearchSpeed, searchSpeed, turns } from '../../measure/search-speed.ts'

/** Number of queries of a client in a turn, so that the wait for the last one at its end matters little. */
const TURN = 50

/**
 * Measures several clients at once, each with one connection that stays open and one query under way; contestants take
 * turns. There is no warm-up: measure one client first.
 *
 * @param url URL of the server, http
 * @throws LexpandError SERVICE with the server's message when a request fails
 */
export async function measureLoad(
  url: string,
  contestants: ReadonlyMap<string, SearchContestant>,
  options: { readonly clients: number; readonly rounds: number },
): Promise<Map<string, SearchSpeed>> {
  const { clients, rounds } = options
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const measured = new Map(
    Array.from(contestants.keys(), (name) => [name, { times: [], seconds: 0 } as Load]),
  )
  const queries = Math.max(0, ...Array.from(contestants.values(), ({ bodies }) => bodies.length))
  try {
    for (let round = 0; round < rounds; round++) {
      for (let from = 0; from < queries; from += TURN * clients) {
        for (const [name, { path, bodies }] of turns(contestants, round + from / (TURN * clients))) {
          const load = measured.get(name) as Load
          const startedAt = performance.now()
          const waiting = bodies.slice(from, from + TURN * clients).values()
          const client = async () => {
            for (const body of waiting) {
              load.times.push((await post(agent, new URL(path, url), body)).milliseconds)
            }
          }
          await Promise.all(Array.from({ length: clients }, client))
          load.seconds += (performance.now() - startedAt) / 1000
        }
      }
    }
  } finally {
    agent.destroy()
  }
  return new Map(
    Array.from(measured, ([name, { times, seconds }]) => [
      name,
      { ...searchSpeed(times), ops_per_second: times.length / seconds },
    ]),
  )
}

interface Load {
  readonly times: number[]
  seconds: number
}
