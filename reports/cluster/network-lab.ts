import { execFileSync, spawnSync } from 'node:child_process'
import type { NetworkPlace } from '../../embedded/index.ts'
import { isAlive } from '../../measure/is-alive.ts'

/** Network namespaces on one switch, each with an address of its own; this process is connected to it, too. */
export interface NetworkLab {
  /** In the order of the names. */
  readonly places: readonly NetworkPlace[]
  /** Removes all of it; processes that still run in a namespace keep it until they end. */
  remove(): void
}

/** Address range reserved for tests of networks (RFC 2544). */
const SUBNET = '198.18.77'
const NODE_SUBNET = '127.77.0'
const FIRST_HOST = 10

/**
 * Makes a switch in a namespace of its own, so that neither filters nor interfaces of this machine take part, and one
 * more namespace for each name, connected to it by a pair of virtual cables.
 *
 * @returns the reason, where this system or account cannot
 */
export function openNetworkLab(names: readonly string[]): NetworkLab | { readonly reason: string } {
  if (process.platform !== 'linux')
    return { reason: `network namespaces are Linux's, this is ${process.platform}` }
  const prefix = `lexpand-${process.pid}-`
  const cable = `lxp${process.pid}`
  const remove = () => removeNamespaces((name) => name.startsWith(prefix))
  const missing = missingProgram()
  if (missing !== undefined) return { reason: missing }
  try {
    removeNamespaces(isAbandoned)
    const hub = `${prefix}switch`
    ip('netns', 'add', hub)
    ip('-n', hub, 'link', 'add', 'switch', 'type', 'bridge')
    ip('-n', hub, 'link', 'set', 'switch', 'up')
    plug(hub, 'own', ['name', cable, 'netns', String(process.pid)])
    ip('addr', 'add', `${SUBNET}.1/24`, 'dev', cable)
    ip('link', 'set', cable, 'up')
    const places = names.map((name, at): NetworkPlace => {
      const [namespace, host] = [`${prefix}${name}`, FIRST_HOST + at]
      const place = { namespace, address: `${SUBNET}.${host}`, nodeAddress: `${NODE_SUBNET}.${host}` }
      ip('netns', 'add', namespace)
      plug(hub, `port${at}`, ['name', 'eth0', 'netns', namespace])
      furnish(place)
      return place
    })
    return { places, remove }
  } catch (error) {
    remove()
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    const advice =
      process.getuid?.() === 0 ? 'this system or container does not allow it' : 'run this as root'
    return { reason: `ip cannot make network namespaces (${stderr === '' ? error : stderr}): ${advice}` }
  }
}

/** Programs of Linux and their packages in most distributions; minimal images lack them. */
const PROGRAMS = { ip: 'iproute2', nsenter: 'util-linux' } as const

function missingProgram(): string | undefined {
  for (const [program, home] of Object.entries(PROGRAMS)) {
    const { error } = spawnSync(program, ['--help'], { stdio: 'ignore' })
    if (error !== undefined)
      return `the program ${program} cannot be started (${error.message}): install ${home}`
  }
  return undefined
}

/** A cable from the switch to the interface that `end` names. */
function plug(hub: string, port: string, end: readonly string[]): void {
  ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', ...end)
  ip('-n', hub, 'link', 'set', port, 'master', 'switch', 'up')
}

/** Adds both addresses; only the usual one of 127.0.0.0/8 stays inside the namespace. */
function furnish({ namespace, address, nodeAddress }: NetworkPlace): void {
  const inside = (...words: string[]) => ip('-n', namespace, ...words)
  ip('netns', 'exec', namespace, 'sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1')
  inside('addr', 'add', `${address}/24`, 'dev', 'eth0')
  inside('addr', 'add', `${nodeAddress}/24`, 'dev', 'eth0')
  inside('link', 'set', 'lo', 'up')
  inside('link', 'set', 'eth0', 'up')
  inside('addr', 'del', '127.0.0.1/8', 'dev', 'lo')
  inside('addr', 'add', '127.0.0.1/32', 'dev', 'lo')
}

/** Whether the process of a lab was killed before it could clean up. */
function isAbandoned(name: string): boolean {
  const pid = /^lexpand-(\d+)-/.exec(name)?.[1]
  return pid !== undefined && !isAlive(Number(pid))
}

function removeNamespaces(isWanted: (name: string) => boolean): void {
  // "name (id: 7)", or an empty list.
  for (const line of ip('netns', 'list').split('\n')) {
    const name = line.split(' ')[0] ?? ''
    if (name !== '' && isWanted(name)) ip('netns', 'del', name)
  }
}

function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
