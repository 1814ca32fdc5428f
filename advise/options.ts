/** Options of the adviser. */
export interface AdviseOptions {
  readonly index: string
  /** File with real queries, one on each line, or JSON lines with `_id` and `text`. @default first sentences of documents */
  readonly queries?: string | undefined
  /** File with judgments of these queries, TSV: query id, document id, grade. */
  readonly qrels?: string | undefined
  /** Number of documents to read and copy. */
  readonly sample: number
  /** Largest number of queries; the first ones are taken. */
  readonly limit: number
  /** Whether the index keeps what was chosen for its searches. */
  readonly store: boolean
  /** Number of counted passes of the latency. */
  readonly rounds: number
  /** With judgments: largest loss of nDCG@10, 0 to 1. */
  readonly maxLoss: number
  /** Without judgments: smallest share of the first ten that has to stay, 0 to 1. */
  readonly minOverlap: number
  /** The model as the user named it, for the advised command. */
  readonly model: string
}

/** Callbacks for the progress of a run. */
export interface AdviseProgress {
  note(message: string): void
  /** Called with the number of documents read so far. */
  onRead(done: number, wanted: number): void
  /** Called with throw-away indices that could not be deleted. */
  onLeft(indices: readonly string[]): void
}
