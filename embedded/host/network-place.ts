import type { ServiceUser } from './service-user.ts'

/** Where a service runs when it has a network of its own, as `reports/cluster/network-lab.ts` makes it. */
export interface NetworkPlace {
  /** Namespace as `ip netns` names it; it holds both addresses. */
  readonly namespace: string
  /** For clients. */
  readonly address: string
  /**
   * For the other nodes of a cluster, in 127.0.0.0/8: a node that listens to others beyond the loopback addresses
   * starts only with limits of the machine (open files, memory maps) that are not ours to change.
   */
  readonly nodeAddress: string
}

interface Start {
  readonly command: string
  readonly arguments: readonly string[]
  readonly user: ServiceUser | undefined
  readonly namespace?: string | undefined
}

/**
 * The same start, inside a network namespace. Entering it takes root, so the account changes afterwards; each program
 * becomes the next one, so the process keeps its number.
 */
export function inNamespace({ command, arguments: words, user, namespace }: Start): Start {
  if (namespace === undefined) return { command, arguments: words, user }
  const account = user === undefined ? [] : ['--setuid', String(user.uid), '--setgid', String(user.gid)]
  return {
    command: 'nsenter',
    arguments: [...enterNamespace(namespace), ...account, command, ...words],
    user: undefined,
  }
}

/** Arguments of `nsenter` before those of the program. */
export function enterNamespace(namespace: string): string[] {
  return [`--net=/run/netns/${namespace}`]
}
