// Makes a release: `npm run release -- patch|minor|major [--dry-run]`. It turns the section "Unreleased" of
// CHANGELOG.md into that of the new version, sets the version, packs, tries the tarball in an empty project, and only
// then commits and tags. Nothing is published.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nextVersion, releasedChangelog } from './release-notes.ts'

const ROOT = join(import.meta.dirname, '..')
const [kind = '', flag] = process.argv.slice(2)
const isDry = flag === '--dry-run'
if (!['patch', 'minor', 'major'].includes(kind) || (flag !== undefined && !isDry)) {
  process.stderr.write('usage: npm run release -- patch|minor|major [--dry-run]\n')
  process.exit(2)
}

const changed = run('git', ['status', '--porcelain', '--untracked-files=no']).trim()
if (changed !== '' && !isDry) {
  fail(`expected a clean work tree, got changes: ${changed.split('\n')[0]}. Commit them first.`)
}
const packageFile = join(ROOT, 'package.json')
const changelogFile = join(ROOT, 'CHANGELOG.md')
const before = { package: readFileSync(packageFile, 'utf8'), changelog: readFileSync(changelogFile, 'utf8') }
const version = nextVersion(JSON.parse(before.package).version, kind as 'patch' | 'minor' | 'major')
const changelog = releasedChangelog(before.changelog, version, new Date().toISOString().slice(0, 10))
const folder = mkdtempSync(join(tmpdir(), 'lexpand-release-'))
try {
  run('npm', ['version', '--no-git-tag-version', version])
  writeFileSync(changelogFile, changelog)
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--pack-destination', folder]),
  ) as [{ filename: string }]
  tryTarball(join(folder, filename), version)
  if (isDry) process.stdout.write(`${version} would be released: the tarball works in an empty project.\n`)
  else {
    run('git', ['commit', '-am', `Release ${version}`])
    run('git', ['tag', '-a', `v${version}`, '-m', `Lexpand ${version}`])
    process.stdout.write(`${version} is committed and tagged. Publish it: npm publish\n`)
  }
} finally {
  if (isDry) {
    run('npm', [
      'version',
      '--no-git-tag-version',
      '--allow-same-version',
      JSON.parse(before.package).version,
    ])
    writeFileSync(packageFile, before.package)
    writeFileSync(changelogFile, before.changelog)
  }
  rmSync(folder, { recursive: true, force: true })
}

/** A user's first steps as a test: install, ask for the version, encode a query, load the library. */
function tryTarball(tarball: string, wanted: string): void {
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'stranger', private: true, type: 'module' }),
  )
  run('npm', [
    'install',
    '--omit=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `--prefix=${project}`,
    tarball,
  ])
  const printed = run(join(project, 'node_modules', '.bin', 'lexpand'), ['--version']).trim()
  if (printed !== wanted) fail(`expected the tarball to be ${wanted}, got ${printed}. Look at package.json.`)
  const program =
    "import('lexpand').then(async ({ loadModel }) => console.log((await loadModel()).manifest.name))"
  run(process.execPath, ['-e', program], project)
}

function run(program: string, programArguments: readonly string[], cwd = ROOT): string {
  const { status, stdout, error } = spawnSync(program, programArguments, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (error !== undefined || status !== 0) {
    fail(
      `expected ${program} ${programArguments.join(' ')} to succeed, got ${error?.message ?? `status ${status}`}.`,
    )
  }
  return stdout
}

function fail(text: string): never {
  throw new Error(`[release] ${text}`)
}
