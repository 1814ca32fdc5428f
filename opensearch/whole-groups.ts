/** A hit that was sorted by one number. */
export interface NumberedHit {
  readonly _id: string
  readonly sort: readonly [number]
}

/** One request of a page; the reader chooses `size`. */
export interface PageRequest {
  /** Inclusive on both sides. */
  readonly range: { readonly gte: number; readonly lte: number }
  /** Ids of documents to leave out, because they were read already. */
  readonly without: readonly string[]
}

export interface Answered<Hit> {
  /** Hits in the order of the number. */
  readonly hits: readonly Hit[]
  /** Whether there are as many hits as were asked for: there may be more. */
  readonly isFull: boolean
}

export interface WholePage<Hit> {
  readonly hits: readonly Hit[]
  /** Everything up to this number has been read. */
  readonly upTo: number
  readonly isLast: boolean
}

/**
 * Reads a page that ends between two numbers, never among documents that share one. A sequence number identifies one
 * document of a shard only until an index is shrunken: a shard then holds documents of several former shards, each with
 * its old number. A group that the end of the page would split is left to the next page; one that is larger than a page
 * is read to its end.
 */
export async function readWholeGroups<Hit extends NumberedHit>(
  range: PageRequest['range'],
  read: (request: PageRequest) => Promise<Answered<Hit>>,
): Promise<WholePage<Hit>> {
  const { hits, isFull } = await read({ range, without: [] })
  const last = hits.at(-1)?.sort[0]
  if (!isFull || last === undefined) return { hits, upTo: range.lte, isLast: true }
  const whole = hits.filter(({ sort }) => sort[0] < last)
  const end = whole.at(-1)?.sort[0]
  if (end !== undefined) return { hits: whole, upTo: end, isLast: false }
  return { hits: await readGroup(last, read), upTo: last, isLast: last >= range.lte }
}

async function readGroup<Hit extends NumberedHit>(
  number: number,
  read: (request: PageRequest) => Promise<Answered<Hit>>,
): Promise<Hit[]> {
  const found: Hit[] = []
  for (;;) {
    const without = found.map(({ _id }) => _id)
    const { hits, isFull } = await read({ range: { gte: number, lte: number }, without })
    found.push(...hits)
    if (!isFull || hits.length === 0) return found
  }
}

/** Filters of a request, for the documents in a range of the number field. */
export function filtersOf(field: string, { range, without }: PageRequest) {
  return {
    filter: [{ range: { [field]: range } }],
    ...(without.length === 0 ? {} : { must_not: [{ ids: { values: [...without] } }] }),
  }
}
