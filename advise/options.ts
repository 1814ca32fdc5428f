/** What a user asks of the adviser. */
export interface AdviseOptions {
  readonly index: string
  /** File with real queries, one a line or JSON lines with `_id` and `text`. @default first sentences of documents */
  readonly queries?: string | undefined
  /** File with judgments of these queries, TSV: query id, document id, grade. */
  readonly qrels?: string | undefined
  /** Documents to read and copy. */
  readonly sample: number
  /** Queries, from the first on. */
  readonly limit: number
  /** Counted passes of the latency. */
  readonly rounds: number
  /** With judgments: how much nDCG@10 may fall. */
  readonly maxLoss: number
  /** Without: how much of the first ten must stay. */
  readonly minOverlap: number
  /** The model as the user names it: it stands in the advised command. */
  readonly model: string
}

/** What a run says while it goes on. */
export interface AdviseProgress {
  note(message: string): void
  /** Documents read so far. */
  onRead(done: number, wanted: number): void
  /** Throw-away indices that could not be deleted. */
  onLeft(indices: readonly string[]): void
}
