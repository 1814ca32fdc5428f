import type { Expansion } from '../../sparse/expand.ts'
import { type ExpandedOrFailed, expandEach } from './expand-each.ts'
import type { VectorCache } from './vector-cache.ts'

/** A text with the hash of its document. */
export interface HashedText {
  readonly hash: string
  readonly text: string
}

export interface CachedExpansion {
  /** One entry for each text, in order. */
  readonly expanded: readonly ExpandedOrFailed[]
  /** Positions of texts whose vector came from the cache. */
  readonly cached: ReadonlySet<number>
}

/**
 * Expands texts. Those whose vector is in the cache need no encoder; new vectors are put into the cache.
 *
 * @throws any error of an encoder that fails on everything
 */
export async function expandCached(
  texts: readonly HashedText[],
  fingerprint: string,
  cache: VectorCache | undefined,
  expansion: Expansion,
): Promise<CachedExpansion> {
  const found = texts.map(({ hash }) => cache?.get(fingerprint, hash))
  const missing = [...found.keys()].filter((at) => found[at] === undefined)
  const fresh = await expandEach(
    missing.map((at) => texts[at]?.text ?? ''),
    expansion,
  )
  const expanded: (ExpandedOrFailed | undefined)[] = [...found]
  for (const [row, at] of missing.entries()) {
    const result = fresh[row]
    expanded[at] = result
    const hash = texts[at]?.hash
    if (result !== undefined && hash !== undefined && !('error' in result)) {
      cache?.set(fingerprint, hash, result)
    }
  }
  return {
    expanded: expanded.map((result) => result ?? { error: new Error('the encoder gave no vector') }),
    cached: new Set([...found.keys()].filter((at) => found[at] !== undefined)),
  }
}
