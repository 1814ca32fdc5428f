import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LexpandError } from '../../sparse/errors.ts'
import type { ClusterResult } from '../cluster-result.ts'
import type { Machine } from '../machine.ts'

/** What a step left, with the circumstances without which its figures say little. */
export interface StepRecord<Result = unknown> {
  readonly step: string
  /** As it can be called again, files by their names alone. */
  readonly command: string
  readonly commit: string
  readonly machine: Machine
  /** Of what took part, as far as the result does not name them itself. */
  readonly versions: Readonly<Record<string, string>>
  /** The whole step, filling of indices and warming up included. */
  readonly seconds: number
  readonly result: Result
}

/** Results of the steps, a file each, so that a report that is stopped goes on where it was. */
export class StepStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  read<Result>(step: string): StepRecord<Result> | undefined {
    return this.#json(step) as StepRecord<Result> | undefined
  }

  /** Names of the steps that have a result. */
  names(): string[] {
    return readdirSync(this.#folder).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? [])
  }

  /** Written by `node bench/cluster.ts`, in a form of its own. */
  readCluster(): ClusterResult | undefined {
    return this.#json('cluster') as ClusterResult | undefined
  }

  write(record: StepRecord): void {
    const file = this.#file(record.step)
    writeFileSync(`${file}.draft`, `${JSON.stringify(record, undefined, 2)}\n`)
    renameSync(`${file}.draft`, file)
  }

  #file(step: string): string {
    return join(this.#folder, `${step}.json`)
  }

  #json(step: string): unknown {
    let text: string
    try {
      text = readFileSync(this.#file(step), 'utf8')
    } catch {
      return undefined
    }
    try {
      return JSON.parse(text)
    } catch (cause) {
      const message = `[report] expected JSON in ${this.#file(step)}, got something else. Remove it or run --again ${step}.`
      throw new LexpandError('INPUT', message, { cause })
    }
  }
}
