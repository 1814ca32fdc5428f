import type { Client } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../mappings/specification.ts'
import type { Persistence } from './back-off.ts'
import type { JobReport } from './job-report.ts'
import { failedSidecar } from './states.ts'
import type { DocumentVersion } from './write-back.ts'
import { writeBack } from './write-back.ts'

/**
 * Why a document cannot get a vector. text: a field has a wrong type. limit: too long. encoder: it throws on this
 * text alone. mapper: the engine refuses to store the result. job: the encoder failed on everything, again and again.
 */
export type ReasonClass = 'text' | 'limit' | 'encoder' | 'mapper' | 'job'

export interface Failure {
  readonly reasonClass: ReasonClass
  /** The document's own cause, without its text. */
  readonly reason: string
  readonly stack?: string | undefined
}

export interface FailedDocument extends DocumentVersion {
  readonly hash: string
  readonly failure: Failure
}

/** What is left to do after documents were marked. */
export interface FailResult {
  /** Changed in the meantime. */
  readonly superseded: readonly DocumentVersion[]
  /** Why the engine had no room for some of them. */
  readonly busy?: string | undefined
}

/** Marks documents `failed`. */
export async function failDocuments(
  index: string,
  failed: readonly FailedDocument[],
  { fingerprint, sparse_field }: IndexSpecification,
  { client, persistence }: { readonly client: Client; readonly persistence: Persistence },
  report: JobReport,
): Promise<FailResult> {
  const results = await writeBack(
    client,
    index,
    sparse_field,
    failed.map(({ hash, failure, ...version }) => ({
      ...version,
      features: undefined,
      sidecar: failedSidecar(hash, fingerprint, failure.reason),
    })),
    persistence,
  )
  const superseded: DocumentVersion[] = []
  let busy: string | undefined
  for (const [at, document] of failed.entries()) {
    const { outcome, reason = '' } = results[at] ?? { outcome: 'retry' }
    if (outcome === 'superseded') superseded.push(document)
    else if (outcome === 'deleted') report.deleted++
    else if (outcome === 'retry') busy = reason
    else {
      report.failed++
      report.failures.push({ id: document.id, reason: document.failure.reason })
    }
  }
  return { superseded, busy }
}
