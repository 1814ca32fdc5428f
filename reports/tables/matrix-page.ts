import type { FileOutcome, VersionRun } from './version-run.ts'

/** The table of releases and test files in Markdown, with the reason of everything that is not green. */
export function matrixPage(runs: readonly VersionRun[]): string {
  const files = [...new Set(runs.flatMap((run) => run.files.map(({ file }) => file)))].sort()
  const table = [
    `| test file | ${runs.map(({ version }) => version).join(' | ')} |`,
    `| --- |${runs.map(() => ' ---: |').join('')}`,
    ...files.map((file) => `| \`${file}\` | ${runs.map((run) => cell(fileOf(run, file))).join(' | ')} |`),
    `| all | ${runs.map((run) => cell(sumOf(run))).join(' | ')} |`,
  ]
  return [...table, '', ...runs.map(described)].join('\n')
}

/** Failed and skipped tests are not hidden behind a total of passed ones. */
function cell(outcome: FileOutcome | undefined): string {
  if (outcome === undefined) return '-'
  const { passed, failed, skipped } = outcome
  const parts = [failed.length > 0 ? `**${failed.length} failed**` : '', passed > 0 ? `${passed}` : '']
  return [...parts, skipped > 0 ? `${skipped} skipped` : ''].filter((part) => part !== '').join(', ')
}

function fileOf({ files }: VersionRun, wanted: string): FileOutcome | undefined {
  return files.find(({ file }) => file === wanted)
}

function sumOf({ files }: VersionRun): FileOutcome {
  return {
    file: 'all',
    passed: files.reduce((sum, { passed }) => sum + passed, 0),
    failed: files.flatMap(({ failed }) => failed),
    skipped: files.reduce((sum, { skipped }) => sum + skipped, 0),
  }
}

function described(run: VersionRun): string {
  const { version, date, commit, java, machine, plugin, seconds } = run
  const lines = [
    `**${version}**: ${date.slice(0, 10)}, commit ${commit}, Java ${java}, ${machine}, ${Math.round(seconds / 60)} minutes.`,
    ...(plugin === true ? [] : [`The tests of the plugin are skipped: ${plugin}`]),
    ...sumOf(run).failed.map((failed) => `Failed: ${failed}`),
  ]
  return `${lines.join(' ')}\n`
}
