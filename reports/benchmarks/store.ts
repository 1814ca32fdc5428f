import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../../measure/machine.ts'
import { LexpandError } from '../../sparse/errors.ts'
import type { ClusterResult } from '../cluster/cluster-result.ts'

/** Result of a step, with its circumstances. */
export interface StepRecord<Result = unknown> {
  readonly step: string
  /** The command in a form that can be run again, with files by their names alone. */
  readonly command: string
  readonly commit: string
  readonly machine: Machine
  /** Versions of the software involved, unless the result names them. */
  readonly versions: Readonly<Record<string, string>>
  /** Seconds of the whole step, including filling of indices and warm-up. */
  readonly seconds: number
  readonly result: Result
}

/** Results of the steps, one file each, so that a stopped report continues where it was. */
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

  /** Result of `node reports/cluster/cluster.ts`, which has a form of its own. */
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

  /** @throws LexpandError INPUT for an existing file that cannot be read or is no JSON */
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
