import type { Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import { type InstalledIndex, readInstalledIndices } from '../../mappings/compatibility.ts'
import type { DocumentState } from '../../mappings/sidecar.ts'
import { refreshAll } from '../../opensearch/shard-changes.ts'
import { assertShape } from '../../sparse/shape.ts'
import { DEFAULT_MAX_TEXT_BYTES } from '../encode/encode-documents.ts'
import type { EncodeQueue } from '../queue/queue.ts'
import { AuditRepair, type RepairCounts } from './audit-repair.ts'
import { scanDocuments } from './audit-scan.ts'
import {
  type AuditedDocument,
  FINDINGS,
  type Finding,
  judge,
  PROBLEMS,
  type Verdict,
} from './audit-verdict.ts'

/** Numbers of documents by state and by finding; one document may have several findings. */
export interface AuditCounts extends Record<DocumentState | Finding, number> {
  documents: number
  /** Documents with at least one finding that is a problem (see {@link Finding}). */
  problems: number
}

export interface AuditSample {
  readonly index: string
  readonly id: string
  readonly routing?: string | undefined
  /** Stored reason of a document that is `failed` or unreadable. */
  readonly reason?: string | undefined
}

export interface IndexAudit extends AuditCounts {
  readonly index: string
  readonly fingerprint: string
}

/** Sums over all indices behind the name, and the counts of each of them. */
export interface AuditResult extends AuditCounts {
  readonly index: string
  readonly indices: readonly IndexAudit[]
  readonly samples: Readonly<Record<Finding, readonly AuditSample[]>>
  /** Present when the audit was asked to repair. */
  readonly repaired?: RepairCounts | undefined
  readonly seconds: number
}

export interface AuditOptions {
  /** Number of examples of each finding. @default 5 */
  readonly samples?: number | undefined
  /** Seconds for which a document may be pending without being a problem. @default 300 */
  readonly graceSeconds?: number | undefined
  /** Largest text that the workers encode, in UTF-8 bytes. @default DEFAULT_MAX_TEXT_BYTES */
  readonly maxTextBytes?: number | undefined
  /** Returns the queue of a model; when present, documents with problems are queued. The caller closes it. */
  readonly repairQueue?: ((identity: string) => Promise<Pick<EncodeQueue, 'add'>>) | undefined
  readonly onProgress?: ((read: number, documents: number) => void) | undefined
  /** Aborting ends the audit early; the counts then cover what was read. */
  readonly signal?: AbortSignal | undefined
}

const optionsSchema = z.looseObject({
  client: z.looseObject({}),
  index: z.string(),
  samples: z.int().min(0).optional(),
  graceSeconds: z.number().min(0).optional(),
  maxTextBytes: z.int().min(1).optional(),
})

/**
 * Reads every document of an index, or of all indices behind an alias, and reports whether its vector exists and
 * belongs to the present text of the document. The audit sees the index as it is when the audit starts; memory does not
 * grow with the number of documents.
 *
 * @throws LexpandError INDEX when the index is missing or was not set up by Lexpand; SERVICE when the engine (or Redis,
 *   for repairs) stays away
 */
export async function audit(client: Client, index: string, options: AuditOptions = {}): Promise<AuditResult> {
  assertShape(optionsSchema, { client, index, ...options }, 'audit', 'CONFIGURATION')
  const startedAt = performance.now()
  const targets = await readInstalledIndices(client, index)
  // Documents that were written just before have to be visible.
  await refreshAll(client, index)
  const samples = new Samples(options.samples ?? 5)
  const repaired: RepairCounts = { queued: 0, waiting: 0, cleared: 0, overtaken: 0 }
  const indices: IndexAudit[] = []
  let before = 0
  for (const target of targets) {
    const onProgress = (read: number, documents: number) =>
      options.onProgress?.(before + read, before + documents)
    const counts = await auditIndex(client, target, { ...options, onProgress }, { samples, repaired })
    before += counts.documents
    const { name, specification } = target
    indices.push({
      index: name,
      fingerprint: specification.fingerprint,
      ...counts,
    })
  }
  return {
    index,
    ...sumOf(indices),
    indices,
    samples: samples.found,
    ...(options.repairQueue === undefined ? {} : { repaired }),
    seconds: (performance.now() - startedAt) / 1_000,
  }
}

/** Sums over all audited indices. */
interface Tally {
  readonly samples: Samples
  readonly repaired: RepairCounts
}

async function auditIndex(
  client: Client,
  target: InstalledIndex,
  options: AuditOptions,
  { samples, repaired }: Tally,
): Promise<AuditCounts> {
  const { graceSeconds = 300, maxTextBytes = DEFAULT_MAX_TEXT_BYTES } = options
  const { fingerprint, model } = target.specification
  const rule = { fingerprint, maxTextBytes, now: Date.now(), graceMs: graceSeconds * 1_000 }
  const queue = await options.repairQueue?.(model.identity)
  const repair = queue === undefined ? undefined : new AuditRepair(client, target, queue, repaired)
  const counts = noDocuments()
  let documents = 0
  await scanDocuments(client, target, {
    signal: options.signal,
    onTotal(total) {
      documents = total
      options.onProgress?.(0, total)
    },
    async onPage(page) {
      const verdicts = page.map((document) => [document, judge(document, rule)] as const)
      for (const [document, verdict] of verdicts) {
        countVerdict(counts, verdict)
        samples.take(target.name, document, verdict)
      }
      options.onProgress?.(counts.documents, documents)
      await repair?.take(verdicts)
    },
  })
  await repair?.finish()
  return counts
}

function countVerdict(counts: AuditCounts, { state, findings }: Verdict): void {
  counts.documents++
  counts[state]++
  // `failed` is a state and a problem, so it is counted once.
  for (const finding of findings) if (finding !== 'failed') counts[finding]++
  if (findings.some((finding) => PROBLEMS.has(finding))) counts.problems++
}

function noDocuments(): AuditCounts {
  const keys = ['documents', 'ready', 'pending', 'empty', 'problems', ...FINDINGS] as const
  return Object.fromEntries(keys.map((key) => [key, 0])) as unknown as AuditCounts
}

function sumOf(parts: readonly AuditCounts[]): AuditCounts {
  const sum = noDocuments()
  for (const part of parts) for (const key of Object.keys(sum) as (keyof AuditCounts)[]) sum[key] += part[key]
  return sum
}

class Samples {
  readonly #size: number
  readonly found = Object.fromEntries(FINDINGS.map((finding) => [finding, []])) as unknown as Record<
    Finding,
    AuditSample[]
  >

  constructor(size: number) {
    this.#size = size
  }

  take(index: string, { id, routing, sidecar }: AuditedDocument, { findings }: Verdict): void {
    for (const finding of findings) {
      const samples = this.found[finding]
      if (samples.length >= this.#size) continue
      samples.push({
        index,
        id,
        routing,
        ...((finding === 'failed' || finding === 'unreadable') && sidecar.error !== undefined
          ? { reason: sidecar.error }
          : {}),
      })
    }
  }
}
