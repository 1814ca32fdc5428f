import { setTimeout as sleep } from 'node:timers/promises'
import type { Encoder, TokenWindow } from '../../sparse/encoder.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { SparseVector } from '../../sparse/vectors/sparse-vector.ts'
import { tokenBatches } from '../../sparse/word-pieces/token-batches.ts'
import { ChildDied, ModelUnusable, NotBegun, OnnxChild } from './onnx-child.ts'
import type { EncodedBatch, OnnxSessionSettings } from './onnx-messages.ts'

export interface OnnxEncoder extends Encoder {
  /** Number of windows so far whose K-th weight was still above zero: the graph's K cut their vectors. */
  readonly saturatedWindows: number
  /** Process ids of the running child processes. */
  readonly processIds: readonly number[]
  /** Number of child processes so far that replaced an ended one. */
  readonly restarts: number
  /**
   * Milliseconds so far that the graph ran, summed over all processes; divided by the number of processes and the
   * elapsed time it is the utilisation.
   */
  readonly busyMs: number
}

/**
 * Largest number of batches that a process has been sent: the one that it works on and the next, so that it need not
 * wait for this event loop, which reads and writes documents in between.
 */
const BATCHES_IN_LINE = 2
/** Number of deaths in a row, without an encoded batch between them, after which waiting batches are given up. */
const MAX_DEATHS_IN_A_ROW = 5
const FIRST_RESTART_DELAY_MS = 100

interface Task {
  readonly windows: readonly TokenWindow[]
  readonly call: { failed: boolean }
  resolve(batch: EncodedBatch): void
  reject(error: unknown): void
}

/** Child processes that take batches from one line; `onnxEncoder` documents the guarantees. */
export class OnnxPool implements OnnxEncoder {
  readonly #settings: OnnxSessionSettings
  readonly #tokenBudget: number
  readonly #lanes: Lane[]
  readonly #tasks: Task[] = []
  readonly #disposal = new AbortController()
  #deathsInARow = 0
  saturatedWindows = 0
  restarts = 0
  busyMs = 0

  constructor(settings: OnnxSessionSettings, processes: number, tokenBudget: number) {
    this.#settings = settings
    this.#tokenBudget = tokenBudget
    this.#lanes = Array.from({ length: processes }, () => ({ child: undefined, batches: 0 }))
  }

  get processIds(): number[] {
    return this.#lanes.flatMap(({ child }) => (child?.alive && child.pid !== undefined ? [child.pid] : []))
  }

  async encode(batch: readonly TokenWindow[]): Promise<SparseVector[]> {
    if (this.#disposal.signal.aborted) throw disposedError()
    const lengths = batch.map((window) => window.inputIds.length)
    const groups = tokenBatches(lengths, this.#tokenBudget)
    const vectors = new Array<SparseVector>(batch.length)
    const call = { failed: false }
    await Promise.all(
      groups.map(async (group) => {
        const windows = group.flatMap((index) => batch[index] ?? [])
        const encoded = await this.#enqueue(windows, call)
        this.saturatedWindows += encoded.saturated
        place(encoded, group, vectors)
      }),
    )
    return vectors
  }

  async dispose(): Promise<void> {
    this.#disposal.abort()
    for (const task of this.#tasks.splice(0)) task.reject(disposedError())
    await Promise.all(
      this.#lanes.map(async ({ child }) => {
        child?.kill()
        await child?.exited
      }),
    )
  }

  #enqueue(windows: readonly TokenWindow[], call: { failed: boolean }): Promise<EncodedBatch> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        call.failed = true
        reject(error)
      }
      this.#tasks.push({ windows, call, resolve, reject: fail })
      const lane = this.#freest()
      if (lane.batches < BATCHES_IN_LINE) void this.#drain(lane)
    })
  }

  /** The lane on which a batch starts first; among equals one whose process is running. */
  #freest(): Lane {
    const least = Math.min(...this.#lanes.map(({ batches }) => batches))
    const free = this.#lanes.filter(({ batches }) => batches === least)
    return (free.find(({ child }) => child?.alive) ?? free[0]) as Lane
  }

  /**
   * Works off waiting tasks on one lane, one after the other, until none is left; up to two such loops share a lane.
   * Never rejects: errors go to the tasks.
   */
  async #drain(lane: Lane): Promise<void> {
    lane.batches++
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      // A sibling failed, so the whole call is rejected already and its other batches are useless.
      if (task.call.failed) continue
      try {
        task.resolve(await this.#encodeOn(lane, task.windows))
        this.#deathsInARow = 0
      } catch (error) {
        if (error instanceof NotBegun && !this.#disposal.signal.aborted) {
          this.#tasks.unshift(task)
          // Left to the loop whose batch was under way: after its wait it starts the next process and takes the task,
          // unless another lane has.
          if (lane.batches > 1) break
          continue
        }
        task.reject(this.#disposal.signal.aborted ? disposedError() : error)
        if (error instanceof ChildDied) {
          lane.resting = this.#afterDeath(error)
          await lane.resting
          lane.resting = undefined
        } else if (error instanceof ModelUnusable) await this.#afterUnusable(lane, error)
      }
    }
    lane.batches--
  }

  async #encodeOn(lane: Lane, windows: readonly TokenWindow[]): Promise<EncodedBatch> {
    await lane.resting
    if (this.#disposal.signal.aborted) throw disposedError()
    if (lane.child === undefined || !lane.child.alive) {
      // Counts a process that was killed while it was idle as well, for lack of memory for example.
      if (lane.child !== undefined) this.restarts++
      lane.child = new OnnxChild(this.#settings)
    }
    const { ms, ...encoded } = await lane.child.encode(windows)
    this.busyMs += ms
    return encoded
  }

  /** Waits before the next process, longer after each death; after too many deaths in a row it gives up the waiting batches. */
  async #afterDeath(error: ChildDied): Promise<void> {
    if (this.#disposal.signal.aborted) return
    this.#deathsInARow++
    if (this.#deathsInARow < MAX_DEATHS_IN_A_ROW) {
      const delay = FIRST_RESTART_DELAY_MS * 2 ** (this.#deathsInARow - 1)
      await sleep(delay, undefined, { signal: this.#disposal.signal }).catch(() => {})
      return
    }
    // The next call starts afresh: a worker that repeats its job hours later must find a working encoder.
    this.#deathsInARow = 0
    this.#rejectWaiting(
      new LexpandError(
        'ENCODER',
        `[encoder] expected a process that lives, but ${MAX_DEATHS_IN_A_ROW} in a row died. The last: ${error.message}`,
        { cause: error },
      ),
    )
  }

  /** Every process would fail in the same way, so all waiting batches are rejected; the next call opens the model again. */
  async #afterUnusable(lane: Lane, error: ModelUnusable): Promise<void> {
    this.#rejectWaiting(error)
    lane.child?.kill()
    await lane.child?.exited
  }

  #rejectWaiting(error: LexpandError): void {
    for (const task of this.#tasks.splice(0)) task.reject(error)
  }
}

interface Lane {
  child: OnnxChild | undefined
  /** Batches sent to its process or about to be sent. */
  batches: number
  /** The wait after a death: a call that comes meanwhile starts no process before it ends. */
  resting?: Promise<void> | undefined
}

function place(encoded: EncodedBatch, group: readonly number[], vectors: SparseVector[]): void {
  let at = 0
  group.forEach((index, row) => {
    const end = at + (encoded.counts[row] ?? 0)
    vectors[index] = { tokenIds: encoded.tokenIds.slice(at, end), weights: encoded.weights.slice(at, end) }
    at = end
  })
}

function disposedError(): LexpandError {
  return new LexpandError(
    'ENCODER',
    '[encoder] expected a running encoder, got one that was disposed. Make a new one.',
  )
}
