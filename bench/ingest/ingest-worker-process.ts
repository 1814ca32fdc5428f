import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { enterNamespace } from '../../embedded/index.ts'
import { unexpected } from './ingest-error.ts'
import type { IngestWorkerReport, IngestWorkerSettings } from './ingest-worker.ts'

export interface WorkerPlace {
  readonly opensearchUrl: string
  /** Network namespace of the process. @default the present one */
  readonly namespace?: string | undefined
}

/** A worker process as the driver sees it. */
export class IngestWorker {
  readonly #process: ChildProcess
  readonly ready: Promise<void>
  /** Resolves when the process is gone, with the reason when it could not be started. */
  readonly #gone: Promise<Error | undefined>
  report: IngestWorkerReport | undefined
  /** Time of the last report, by `performance.now`. */
  heardAt = 0
  exited = false

  constructor(
    { opensearchUrl, namespace }: WorkerPlace,
    settings: Omit<IngestWorkerSettings, 'opensearchUrl'>,
  ) {
    this.#process = fork(
      fileURLToPath(new URL(`./ingest-worker${extname(import.meta.url)}`, import.meta.url)),
      [],
      {
        serialization: 'advanced',
        // `nsenter` replaces itself by the worker, so its process id and its channel stay.
        ...(namespace === undefined
          ? { execArgv: [] }
          : { execPath: 'nsenter', execArgv: [...enterNamespace(namespace), process.execPath] }),
        // Only results go to standard output.
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    )
    this.#gone = new Promise((resolve) => {
      const leave = (reason?: Error) => {
        this.exited = true
        resolve(reason)
      }
      this.#process.once('exit', () => leave())
      // A missing program causes an error and no exit, as does a message to an ended process.
      this.#process.on('error', (error) => {
        if (this.#process.pid === undefined) leave(error)
      })
    })
    const heard = new Promise<void>((resolve) => {
      this.#process.on('message', (report: IngestWorkerReport) => {
        this.report = report
        this.heardAt = performance.now()
        resolve()
      })
    })
    this.#process.send({ ...settings, opensearchUrl } satisfies IngestWorkerSettings)
    this.ready = Promise.race([
      heard,
      this.#gone.then((reason) => {
        throw unexpected(
          'a worker that starts',
          `${reason?.message ?? 'one that ended'}. Look at the messages above.`,
        )
      }),
    ])
    this.ready.catch(() => {})
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  get settled(): number {
    const { ready = 0, empty = 0 } = this.report?.stats ?? {}
    return ready + empty
  }

  async stop(): Promise<void> {
    if (this.#process.connected) this.#process.send('stop', () => {})
    await this.#gone
  }
}
