import { type Client, errors } from '@opensearch-project/opensearch'
import type { InstalledIndex } from '../../mappings/compatibility.ts'
import { SIDECAR, type Sidecar } from '../../mappings/sidecar.ts'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { textHash } from '../../mappings/text/text-hash.ts'
import { hasMark, markClause } from '../../mappings/vectors/vector-mark.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import type { IndexLimits } from '../../opensearch/index-limits.ts'
import { internalSearch } from '../../opensearch/internal-search.ts'
import { primaryOf } from '../../opensearch/shard-changes.ts'
import { type Answered, filtersOf, type PageRequest, readWholeGroups } from '../../opensearch/whole-groups.ts'
import {
  byCharacters,
  charactersOf,
  FIRST_PAGE,
  type InlineText,
  type InlineTextHit,
  inlineHash,
  inlineTextParams,
  inlineTextRequest,
  inlineTextScript,
  nextSize,
  withSeen,
} from '../documents/inline-text.ts'
import { keyOf, readDocuments } from '../documents/read-documents.ts'
import { isSettled } from '../documents/states.ts'
import type { DocumentVersion } from '../documents/write-back-item.ts'
import { jobDocument } from '../queue/job-data.ts'
import type { QueuedDocument } from '../queue/queue.ts'
import type { LostVector } from './lost-vectors.ts'

export interface ChangedPage {
  /** Number of documents inspected; 0 at the end. */
  readonly scanned: number
  /** Documents that wait for a vector. */
  readonly waiting: QueuedDocument[]
  /** Documents in state `ready` that have lost their vector, in an index whose source does not keep vectors. */
  readonly lost: LostVector[]
  /** Every change up to this sequence number was inspected. */
  readonly last: number
}

export interface PageRange {
  readonly shard: number
  /** Sequence number, exclusive. */
  readonly after: number
  /** Sequence number, inclusive; at most the shard's global checkpoint. */
  readonly upTo: number
  /** Whether to read only pending documents and those without a sidecar. */
  readonly pendingOnly?: boolean | undefined
}

/**
 * Reads documents of one shard in the order of their last change and finds those that have to be encoded: pending
 * documents, those without a sidecar, and those whose text or fingerprint does not fit their sidecar because they were
 * changed past the pipeline. Documents that Lexpand's own write-back changed are inspected as well, and fit.
 */
export class ChangedDocuments {
  readonly #client: Client
  readonly #index: string
  readonly #specification: IndexSpecification
  readonly #limits: IndexLimits
  /** Undefined where `_source` keeps vectors, which then survive every update. */
  readonly #mark: object | undefined
  #size: number

  constructor(client: Client, installed: InstalledIndex, limits: IndexLimits) {
    this.#client = client
    this.#index = installed.name
    this.#specification = installed.specification
    this.#mark = installed.vectorsInSource
      ? undefined
      : markClause(installed.vectorType, installed.specification.sparse_field)
    this.#limits = limits
    this.#size = Math.min(FIRST_PAGE, limits.resultWindow)
  }

  /** @throws LexpandError for failures of the engine; a page that takes too long is asked for again, smaller */
  async page(range: PageRange): Promise<ChangedPage> {
    const { after, upTo, shard, pendingOnly = false } = range
    const { hits, upTo: last } = await readWholeGroups({ gte: after + 1, lte: upTo }, (request) =>
      this.#search(shard, this.#request(request, pendingOnly)),
    )
    const waiting: QueuedDocument[] = []
    const lost: LostVector[] = []
    const long: Hit[] = []
    for (const hit of hits) {
      const [seen] = hit.fields.seen
      const hash = waits(seen) ? undefined : inlineHash(seen)
      if ('long' in seen) long.push(hit)
      else if (hash === undefined || !this.#isSettled(seen.sidecar, hash)) {
        waiting.push(toQueued(hit, seen.sidecar))
      } else if (this.#isLost(hit, seen.sidecar)) lost.push({ ...versionOf(hit), hash })
    }
    for (const part of byCharacters(long, charactersOf)) {
      const changed = await this.#changedAmong(part)
      waiting.push(...changed.waiting)
      lost.push(...changed.lost)
    }
    return { scanned: hits.length, waiting, lost, last }
  }

  async #search(shard: number, request: object): Promise<Answered<Hit>> {
    for (;;) {
      // One document more than a page: if its number is not shared, leaving it out leaves a whole page.
      const size = Math.min(this.#limits.resultWindow, this.#size + 1)
      try {
        const reply = await internalSearch(this.#client, {
          index: this.#index,
          preference: primaryOf(shard),
          body: { ...request, size },
        })
        this.#size = Math.min(this.#limits.resultWindow, nextSize(this.#size, reply.body.took))
        const found = reply.body.hits.hits as unknown as readonly Hit[]
        const hits = found.map((hit) => withSeen(hit))
        return { hits, isFull: hits.length === size }
      } catch (error) {
        if (!(error instanceof errors.TimeoutError) || this.#size === 1) {
          throw translateEngineError(error, { part: 'sweep', index: this.#index })
        }
        this.#size = Math.ceil(this.#size / 8)
      }
    }
  }

  #request(request: PageRequest, pendingOnly: boolean) {
    const { filter: numbers, ...without } = filtersOf('_seq_no', request)
    const filter = [...numbers, ...(pendingOnly ? [PENDING] : [])]
    const params = {
      ...inlineTextParams(this.#specification),
      fingerprint: this.#specification.fingerprint,
      sidecar: SIDECAR,
    }
    return {
      query: { bool: { filter, ...without, ...(this.#mark === undefined ? {} : { should: [this.#mark] }) } },
      sort: [{ _seq_no: 'asc' }],
      ...inlineTextRequest(this.#limits, { source: SCRIPT, params }),
      seq_no_primary_term: true,
      track_total_hits: false,
    }
  }

  #isSettled(sidecar: Sidecar | undefined, hash: string): boolean {
    return isSettled(sidecar, hash, this.#specification.fingerprint)
  }

  #isLost(hit: Hit, sidecar: Sidecar | undefined): boolean {
    return this.#mark !== undefined && sidecar?.state === 'ready' && !hasMark(hit)
  }

  /** Reads the documents as they are now: a document that changed since the search is judged by its new text and comes again later. */
  async #changedAmong(hits: readonly Hit[]): Promise<Pick<ChangedPage, 'waiting' | 'lost'>> {
    const { fields } = this.#specification
    const named = hits.map(({ _id, _routing }) => ({ id: _id, routing: _routing }))
    const seen = new Map(hits.map((hit) => [keyOf(versionOf(hit)), hit]))
    const waiting: QueuedDocument[] = []
    const lost: LostVector[] = []
    for (const document of await readDocuments(this.#client, this.#index, fields, named)) {
      const { id, routing, seqNo, primaryTerm, source, sidecar } = document
      const hash = textHash(source, fields)
      const hit = seen.get(keyOf({ id, routing }))
      if (!this.#isSettled(sidecar, hash)) {
        waiting.push(jobDocument(document))
      } else if (hit?._seq_no === seqNo && this.#isLost(hit, sidecar)) {
        lost.push({ id, routing, seqNo, primaryTerm, hash })
      }
    }
    return { waiting, lost }
  }
}

const PENDING = {
  bool: {
    should: [
      { term: { [`${SIDECAR}.state`]: 'pending' } },
      { bool: { must_not: { exists: { field: `${SIDECAR}.state` } } } },
    ],
    minimum_should_match: 1,
  },
}

/** A document that is pending anyway needs no look at its text. */
const SCRIPT = inlineTextScript(`
def sidecar = source.get(params.sidecar);
if (!(sidecar instanceof Map)) return seen;
seen.sidecar = sidecar;
if (sidecar.state == 'pending' || sidecar.fingerprint != params.fingerprint) return seen;`)

/** The result of the script; a document without a text is pending. */
type Seen = { readonly sidecar?: Sidecar } & (InlineText | Record<never, never>)

function waits(seen: Seen): seen is Exclude<Seen, InlineText> {
  return !('text' in seen || 'problem' in seen || 'long' in seen)
}

type Hit = InlineTextHit<Seen>

function versionOf({ _id, _routing, _seq_no, _primary_term }: Hit): DocumentVersion {
  return { id: _id, routing: _routing, seqNo: _seq_no, primaryTerm: _primary_term }
}

function toQueued(
  { _id, _routing, _seq_no, _primary_term }: Hit,
  sidecar: Sidecar | undefined,
): QueuedDocument {
  // The sidecar may hold anything that a client sent.
  const textHash = typeof sidecar?.text_hash === 'string' ? sidecar.text_hash : undefined
  return jobDocument({ id: _id, routing: _routing, seqNo: _seq_no, primaryTerm: _primary_term, textHash })
}
