import type { GateReport } from '../../indices/reindex-gate.ts'
import { byteSize } from '../../measure/byte-size.ts'
import type { Estimate, ReindexProgress, ReindexState } from '../../workers/reindex/index.ts'
import { duration } from '../shell/progress.ts'

/** A run in the form for output; keys are stable. */
export interface ShownRun {
  readonly kind: ReindexState['kind']
  readonly phase: ReindexState['phase']
  readonly source: string
  readonly target: string
  readonly aliases: readonly string[]
  readonly fingerprint: string
  /** Number of documents written to the other index; in place: queued. */
  readonly copied: number
  readonly removed: number
  readonly startedAt: string
  readonly finishedAt?: string | undefined
  /** Host and process that work on it, or did when they died. */
  readonly heldBy?: string | undefined
  readonly progress?: ReindexProgress | undefined
  readonly writeBlockedMs?: number | undefined
  readonly documents?: number | undefined
  readonly ready?: number | undefined
  readonly empty?: number | undefined
  readonly failed?: number | undefined
  readonly pending?: number | undefined
  readonly gate?: GateReport | undefined
  readonly seconds?: number | undefined
}

export function shortRun(state: ReindexState): ShownRun {
  const {
    kind,
    phase,
    source,
    target,
    copied,
    removed,
    started_at: startedAt,
    finished_at: finishedAt,
  } = state
  const { owner, progress, write_blocked_ms: writeBlockedMs } = state
  return {
    kind,
    phase,
    source,
    target,
    aliases: state.aliases.map(({ alias }) => alias),
    fingerprint: state.specification.fingerprint,
    copied,
    removed,
    startedAt,
    finishedAt,
    writeBlockedMs,
    // The record of a finished run is released a moment later.
    heldBy: finishedAt === undefined ? owner?.name : undefined,
    progress: finishedAt === undefined ? progress : undefined,
  }
}

export function runLines(run: ShownRun): string {
  const { kind, source, target, aliases, copied, removed, progress } = run
  const what = kind === 'in_place' ? `${source} (in place)` : `${source} -> ${target}`
  const lines = [`${what}: ${MEANING[kind][run.phase]}`]
  if (progress !== undefined) lines.push(progressLine(progress))
  lines.push(kind === 'in_place' ? `${copied} documents queued` : `${copied} copied, ${removed} removed`)
  if (run.documents !== undefined) {
    const states = (['ready', 'empty', 'failed', 'pending'] as const).flatMap((state) =>
      run[state] === undefined ? [] : [`${run[state]} ${state}`],
    )
    lines.push(`${run.documents} documents: ${states.join(', ')}`)
  }
  if (run.gate?.overlapAt10 !== undefined) {
    lines.push(`gate: first ten agree by ${run.gate.overlapAt10.toFixed(3)} over ${run.gate.queries} queries`)
  }
  if (run.gate?.ndcgAt10 !== undefined) {
    const { old, new: now } = run.gate.ndcgAt10
    lines.push(`gate: nDCG@10 ${old.toFixed(4)} before, ${now.toFixed(4)} now`)
  }
  if (run.writeBlockedMs !== undefined) lines.push(`clients could not write for ${run.writeBlockedMs} ms`)
  if (run.heldBy !== undefined) lines.push(`worked on by ${run.heldBy} (or was when it died)`)
  const names = aliases.join(', ')
  if (kind === 'beside' && run.phase === 'done') {
    lines.push(
      `${names} leads to ${target}. ${source} is kept and takes no writes: delete it when you are sure.`,
      `To go back: lexpand reindex --index ${aliases[0]} --rollback`,
    )
  }
  if (run.phase === 'rolled_back') {
    lines.push(`${names} leads to ${source} again. ${target} is kept and takes no writes: delete it.`)
  }
  if (run.phase === 'swapping') {
    lines.push(
      `${source} may be blocked for writing: run the same command again, or lift it with PUT /${source}/_settings {"index.blocks.write": null}.`,
    )
  }
  return lines.join('\n')
}

export function estimateLines(found: Estimate & { readonly index: string }): string {
  const { index, documents, bytes, sample, docsPerSecond, hours, extraBytes, freeBytes } = found
  const time =
    hours === undefined
      ? 'no document with text to measure'
      : `about ${duration(hours * 3_600)} with this one process (${docsPerSecond} docs/s over ${sample} documents)`
  const free = freeBytes === undefined ? '' : `, ${byteSize(freeBytes)} free`
  return [
    `${index}: ${documents} documents, ${byteSize(bytes)}`,
    `time: ${time}`,
    `disk: about ${byteSize(extraBytes)} more${free}`,
    'Nothing was written.',
  ].join('\n')
}

const MEANING: Record<ReindexState['kind'], Record<ReindexState['phase'], string>> = {
  in_place: {
    copying: 'queueing and encoding',
    swapping: '',
    done: 'done',
    rolling_back: '',
    rolled_back: '',
  },
  beside: {
    copying: 'copying, encoding, following changes',
    swapping: 'moving the alias',
    done: 'done',
    rolling_back: 'carrying later writes back',
    rolled_back: 'rolled back',
  },
}

function progressLine({ settled, documents, docsPerSecond, secondsLeft }: ReindexProgress): string {
  const left = secondsLeft === undefined ? '' : `, ${secondsLeft} s left`
  return `${settled} of ${documents} documents, ${docsPerSecond} docs/s${left}`
}
