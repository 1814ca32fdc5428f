import type { StepRecord } from './store.ts'

/** A part of a page and its plots by file name. Parts that were not measured are absent. */
export interface Section {
  readonly text: string
  readonly plots: ReadonlyMap<string, string>
}

/** Markdown table: the first column aligned left, figures right; '' where there is no figure. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

export function image(file: string, alternative: string): string {
  return `![${alternative}](benchmarks/${file})`
}

/** Time, command and machine of a measured step. */
export function circumstances(
  { command, commit, machine, versions }: Omit<StepRecord, 'step' | 'seconds' | 'result'>,
  more: Readonly<Record<string, string>> = {},
): string {
  const names = Object.entries({ Node: machine.node, ...versions, ...more }).map(
    ([name, version]) => `${name} ${version}`,
  )
  return `Measured by \`${command}\` on ${machine.date.slice(0, 10)} at commit ${commit}, ${machine.cores} cores of ${machine.processor}, ${machine.memory_gib} GiB: ${names.join(', ')}.`
}

/** A figure, or '' where it was not measured. */
export function fixed(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? '' : value.toFixed(digits)
}

/** Formats 1234 as 1,234. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export function percent(share: number | undefined, digits = 0): string {
  return share === undefined ? '' : `${(100 * share).toFixed(digits)}%`
}
