import type { ServiceUser } from './service-user.ts'

/** The network of a service that has one of its own, as made by `reports/cluster/network-lab.ts`. */
export interface NetworkPlace {
  /** Namespace as `ip netns` names it; it holds both addresses. */
  readonly namespace: string
  /** Address for clients. */
  readonly address: string
  /**
   * Address for the other nodes of a cluster, in 127.0.0.0/8: a node that listens on other addresses starts only with
   * limits of the machine (open files, memory maps) that a test must not change.
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
 * The same start inside a network namespace. Entering it needs root, so the account changes afterwards; each program
 * replaces itself by the next one, so the process keeps its id.
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

/** Arguments of `nsenter` that precede the program. */
export function enterNamespace(namespace: string): string[] {
  return [`--net=/run/netns/${namespace}`]
}
