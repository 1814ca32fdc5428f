import { type Client, errors } from '@opensearch-project/opensearch'
import { type InstalledIndex, readInstalledIndex } from '../mappings/index.ts'
import { measureCoverage } from './coverage.ts'

/**
 * What searches ask of the engine again and again: the specification of an index, its coverage, and whether the
 * neural-search plugin is there. Make one for each client and pass it to every `search`; nothing is shared between
 * instances.
 */
export class SearchCache {
  readonly #lifetimeMs: number
  readonly #entries = new Map<string, { readonly at: number; readonly value: Promise<unknown> }>()

  /** @param lifetimeMs age at which specification and coverage are asked for anew. @default 10,000 */
  constructor(lifetimeMs = 10_000) {
    this.#lifetimeMs = lifetimeMs
  }

  index(client: Client, index: string): Promise<InstalledIndex> {
    return this.#remembered(`index ${index}`, this.#lifetimeMs, () => readInstalledIndex(client, index))
  }

  coverage(client: Client, index: string): Promise<number> {
    return this.#remembered(`coverage ${index}`, this.#lifetimeMs, () => measureCoverage(client, index))
  }

  /** Whether the engine can fuse two queries itself; plugins change with a restart only, so this is asked once. */
  hasNeuralSearch(client: Client): Promise<boolean> {
    return this.#remembered('plugins', Number.POSITIVE_INFINITY, () => hasNeuralSearch(client))
  }

  /** Forgets an index whose name leads elsewhere now. */
  forget(index: string): void {
    this.#entries.delete(`index ${index}`)
    this.#entries.delete(`coverage ${index}`)
  }

  /** The promise is kept, not its value: many searches at once ask the engine once. */
  #remembered<T>(key: string, lifetimeMs: number, load: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key)
    const now = performance.now()
    if (known !== undefined && now - known.at < lifetimeMs) return known.value as Promise<T>
    const value = load()
    const entry = { at: now, value }
    this.#entries.set(key, entry)
    value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    })
    return value
  }
}

async function hasNeuralSearch(client: Client): Promise<boolean> {
  try {
    const reply = await client.cat.plugins({ format: 'json', h: ['component'] })
    const plugins = reply.body as readonly { component?: string }[]
    return plugins.some(({ component }) => component === 'opensearch-neural-search')
  } catch (error) {
    // A user who may search but not look at the nodes still gets results: fused in the client.
    if (error instanceof errors.ResponseError && error.statusCode === 403) return false
    throw error
  }
}
