import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../../measure/machine.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { ClusterResult } from '../cluster/cluster-result.ts'

/** What a step left, with the circumstances without which its figures say little. */
export interface StepRecord<Result = unknown> {
  readonly step: string
  /** As it can be called again, files by their names alone. */
  readonly command: string
  readonly commit: string
  readonly machine: Machine
  /** Versions of what took part, as far as the result does not name them itself. */
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

  /** @returns undefined for a step that has not been measured */
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

  /** @throws LexpandError INPUT for a file that is there and cannot be read or is no JSON */
  #json(step: string): unknown {
    const file = this.#file(step)
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
      throw new LexpandError(
        'INPUT',
        `[report] expected the result of ${step} as JSON in ${file}, got: ${cause instanceof Error ? cause.message : cause}. Make it readable, or remove it: the step is then measured again.`,
        { cause },
      )
    }
  }
}
