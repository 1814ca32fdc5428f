import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TokenWindow } from '../../sparse/encoder.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { FromChild, OnnxSessionSettings, ToChild } from './onnx-messages.ts'

/** The process died (signal, out of memory, exit) or hung. The batch may be innocent, so another attempt is sensible. */
export class ChildDied extends LexpandError {
  constructor(message: string) {
    super('ENCODER', message)
    this.name = 'ChildDied'
  }
}

/** The process died while this batch waited behind another: the process never began it. */
export class NotBegun extends LexpandError {
  constructor() {
    super('ENCODER', '[encoder] expected a process that lives, but it died before it came to this batch.')
    this.name = 'NotBegun'
  }
}

/** The model file is missing, damaged, or has other names than its manifest, so no batch can succeed. */
export class ModelUnusable extends LexpandError {
  constructor(message: string) {
    super('ENCODER', message)
    this.name = 'ModelUnusable'
  }
}

/** A running batch of any size takes seconds; two minutes mean that the process hangs. */
const BATCH_TIMEOUT_MS = 120_000
const STDERR_TAIL_CHARACTERS = 2_000

/** One encoder process as the worker sees it: it is started, encodes batches one after the other, and is killed. */
export class OnnxChild {
  readonly #process: ChildProcess
  readonly #ready: Promise<void>
  /** Resolves when the process is gone and all its requests are rejected. */
  readonly exited: Promise<void>
  /** Requests without an answer, in the order in which they were sent. */
  readonly #pending: { resolve(message: FromChild): void; reject(error: Error): void }[] = []
  /** Unfinished batches, in order. */
  readonly #batches: (readonly TokenWindow[])[] = []
  /** The batch that the process was working on when it died. */
  #last: readonly TokenWindow[] | undefined
  #hung: NodeJS.Timeout | undefined
  #death: ChildDied | undefined
  #stderr = ''

  constructor(settings: OnnxSessionSettings) {
    this.#process = fork(entryFile(), [], {
      serialization: 'advanced',
      // The parent's own flags (inspector, loaders, test runner) must not reach the child.
      execArgv: [],
      // onnxruntime sends usage events to its vendor unless this is set, and keeps a device id for them.
      env: { ORT_DISABLE_TELEMETRY: '1', ...process.env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_CHARACTERS).toWellFormed()
    })
    this.#process.on('message', (message: FromChild) => {
      this.#pending.shift()?.resolve(message)
      this.#watch()
    })
    this.exited = new Promise((resolve) => {
      this.#process.once('error', (error) => this.#bury(`could not be started: ${error.message}`, resolve))
      this.#process.once('exit', (code, signal) => {
        this.#bury(signal === null ? `exited with status ${code}` : `was ended by ${signal}`, resolve)
      })
    })
    this.#ready = this.#request({ type: 'load', settings }).then((reply) => {
      if (reply.type !== 'ready') throw loadFailure(settings.modelFile, reply)
    })
    // The first batch awaits it; until then a failed start must not count as an unhandled rejection.
    this.#ready.catch(() => {})
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get alive(): boolean {
    return this.#death === undefined
  }

  /**
   * Encodes a batch. A second batch may be sent while one is under way: the process then continues without waiting for
   * this event loop.
   *
   * @throws ChildDied for the batch under way and NotBegun for those behind it; ModelUnusable; another LexpandError
   *   ENCODER when the graph fails on this batch
   */
  async encode(windows: readonly TokenWindow[]): Promise<FromChild & { readonly type: 'encoded' }> {
    this.#batches.push(windows)
    try {
      return await this.#encode(windows)
    } catch (error) {
      throw error instanceof ChildDied && this.#last !== windows ? new NotBegun() : error
    } finally {
      this.#batches.splice(this.#batches.indexOf(windows), 1)
    }
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  async #encode(windows: readonly TokenWindow[]): Promise<FromChild & { readonly type: 'encoded' }> {
    await this.#ready
    const lengths = Uint32Array.from(windows, (window) => window.inputIds.length)
    const inputIds = new Uint32Array(lengths.reduce((sum, length) => sum + length, 0))
    let at = 0
    for (const window of windows) {
      inputIds.set(window.inputIds, at)
      at += window.inputIds.length
    }
    const reply = await this.#request({ type: 'encode', inputIds, lengths })
    if (reply.type === 'encoded') return reply
    const reason = reply.type === 'encode_failed' ? reply.message : `unexpected answer ${reply.type}`
    throw new LexpandError(
      'ENCODER',
      `[encoder] expected vectors for ${windows.length} windows, got an error: ${reason}.`,
    )
  }

  #request(message: ToChild): Promise<FromChild> {
    if (this.#death !== undefined) return Promise.reject(this.#death)
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject })
      if (this.#pending.length === 1) this.#watch()
      // A send error means that the channel is closed; the exit event that follows has the reason.
      this.#process.send(message, () => {})
    })
  }

  /** Starts the time limit of the batch that the process works on now. */
  #watch(): void {
    clearTimeout(this.#hung)
    if (this.#pending.length > 0) this.#hung = setTimeout(() => this.kill(), BATCH_TIMEOUT_MS)
  }

  #bury(reason: string, exited: () => void): void {
    const output = this.#stderr.trim()
    this.#death = new ChildDied(
      `[encoder] expected process ${this.pid ?? ''} to answer, but it ${reason}.${output === '' ? '' : ` It said: ${output}.`} ` +
        'If it repeats, look for the out-of-memory killer and lower the token budget.',
    )
    this.#last = this.#batches[0]
    clearTimeout(this.#hung)
    for (const { reject } of this.#pending.splice(0)) reject(this.#death)
    exited()
  }
}

function loadFailure(modelFile: string, reply: FromChild): ModelUnusable {
  const reason = reply.type === 'load_failed' ? reply.message : `unexpected answer ${reply.type}`
  if (reason.includes("'onnxruntime-node'")) {
    return new ModelUnusable(
      '[encoder] expected the package onnxruntime-node, which encodes and is optional, got none. Install it: npm install onnxruntime-node (on a closed network with ONNXRUNTIME_NODE_INSTALL=skip).',
    )
  }
  return new ModelUnusable(
    `[encoder] expected a readable model in ${modelFile}, got: ${reason}. Restore the model folder or correct its manifest.`,
  )
}

/** The entry file beside this one: .ts when run from the source, .js in the package. */
function entryFile(): string {
  return fileURLToPath(new URL(`./onnx-process${extname(import.meta.url)}`, import.meta.url))
}
