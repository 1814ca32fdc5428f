import { readFileSync } from 'node:fs'
import type { Client } from '@opensearch-project/opensearch'
import { residentMemory } from '../../embedded/host/processes.ts'
import type { RedisConnection } from '../../workers/index.ts'
import { peakResidentMib } from '../resident-memory.ts'

/** Use of a process, or of all processes of a kind together. */
export interface Usage {
  /** Seconds of processor time since the process began; undefined where the system does not tell. */
  readonly cpuSeconds: number | undefined
  /** Bytes of resident memory, on Linux the maximum so far; of several processes, that of the largest. */
  readonly residentBytes: number | undefined
}

/** Servers whose use can be measured. */
export interface Services {
  readonly client: Client
  readonly redis: RedisConnection
}

/** Largest resident memory of a process of this machine so far; on systems other than Linux its present memory. */
function peakMemory(pid: number): number | undefined {
  const peak = peakResidentMib(pid)
  return peak === undefined ? residentMemory(pid) : peak * 2 ** 20
}

/** @returns undefined on systems other than Linux, or when there is no such process */
function cpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the program's name in parentheses, may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS
  } catch {
    return undefined
  }
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const CLOCK_TICKS = 100

export function usageOf(pids: readonly number[]): Usage {
  const cpu = pids.map(cpuSeconds)
  const memory = pids.map(peakMemory)
  return {
    cpuSeconds: cpu.includes(undefined) ? undefined : cpu.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    residentBytes: memory.includes(undefined) ? undefined : Math.max(0, ...memory.map((each) => each ?? 0)),
  }
}

/** Use of Redis as it reports it itself, wherever it runs. */
export async function redisUsage(redis: RedisConnection): Promise<Usage> {
  const info = await redis.info()
  const value = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1])
  return {
    cpuSeconds: value('used_cpu_user') + value('used_cpu_sys'),
    residentBytes: value('used_memory_rss'),
  }
}

/** Processor time of all nodes; resident memory only of nodes that run on this machine outside containers. */
export async function engineUsage(client: Client): Promise<Usage> {
  const [stats, info] = await Promise.all([
    client.nodes.stats({ metric: 'process' as never }),
    client.nodes.info({ metric: 'process' as never }),
  ])
  type Stats = Record<string, { process?: { cpu?: { total_in_millis?: number } } }>
  const millis = Object.values(stats.body.nodes as Stats).map(
    (node) => node.process?.cpu?.total_in_millis ?? 0,
  )
  const pids = Object.values(info.body.nodes as Record<string, { process?: { id?: number } }>).map(
    (node) => node.process?.id ?? 0,
  )
  return {
    cpuSeconds: millis.reduce((sum, each) => sum + each, 0) / 1_000,
    residentBytes: pids.every(isEngine) ? usageOf(pids).residentBytes : undefined,
  }
}

/** Whether a process id of a node belongs to the engine: a remote node, or one in a container, has ids of its own. */
function isEngine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('org.opensearch')
  } catch {
    return false
  }
}
