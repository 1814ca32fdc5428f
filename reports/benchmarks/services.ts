import { type PrivateService, startPrivateOpenSearch, startPrivateRedis } from '../../embedded/index.ts'
import { pluginPeerHome } from '../../integration-tests/fixtures/plugin-home.ts'

/** A node with the Lexpand plugin and OpenSearch's neural-search, and a Redis; each starts at first use. */
export class BenchServices {
  #engine: Promise<PrivateService> | undefined
  #redis: Promise<PrivateService> | undefined
  readonly #heap: string

  /** @param options.heap heap of the node, in the form of `-Xmx` */
  constructor({ heap }: { readonly heap: string }) {
    this.#heap = heap
  }

  /** @returns options that make a command use them */
  async flags(names: readonly ('opensearch' | 'redis')[]): Promise<string[]> {
    const flags: string[] = []
    if (names.includes('opensearch')) flags.push('--opensearch', (await this.#opensearch()).url)
    if (names.includes('redis')) flags.push('--redis', (await this.#redisServer()).url)
    return flags
  }

  async stop(): Promise<void> {
    const started = await Promise.allSettled([this.#engine, this.#redis])
    for (const service of started) if (service.status === 'fulfilled') await service.value?.stop()
  }

  #opensearch(): Promise<PrivateService> {
    this.#engine ??= pluginPeerHome().then((home) =>
      // Not short-lived: such a node has the full compiler (C2), like servers; nodes of tests have only C1.
      startPrivateOpenSearch({ home, heap: this.#heap, isShortLived: false }),
    )
    return this.#engine
  }

  #redisServer(): Promise<PrivateService> {
    this.#redis ??= startPrivateRedis()
    return this.#redis
  }
}
