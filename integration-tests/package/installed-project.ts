import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '..', '..')

/** An empty project outside the checkout that has the package from its tarball, as a stranger would. */
export interface InstalledProject {
  readonly folder: string
  /** @returns what the command printed; rejects with it when the command fails */
  run(program: string, callArguments: readonly string[], environment?: NodeJS.ProcessEnv): Promise<string>
  npm(...callArguments: readonly string[]): Promise<string>
  write(file: string, content: string): void
  remove(): void
}

/** Packs the checkout and installs the tarball without its optional packages. */
export async function installedProject(): Promise<InstalledProject> {
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-package-'))
  const project: InstalledProject = {
    folder,
    async run(program, callArguments, environment = {}) {
      const options = { cwd: folder, env: { ...process.env, ...environment }, maxBuffer: 1 << 24 }
      const { stdout, stderr } = await run(program, callArguments, options).catch((error) => {
        throw new Error(`${program} ${callArguments.join(' ')}\n${error.stdout}\n${error.stderr}`)
      })
      return stdout + stderr
    },
    npm: (...callArguments) =>
      project.run('npm', [
        ...callArguments,
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
        '--ignore-scripts',
      ]),
    write: (file, content) => writeFileSync(join(folder, file), content),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
  const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n'))) as [
    { filename: string },
  ]
  project.write('package.json', JSON.stringify({ name: 'stranger', private: true, type: 'module' }))
  await project.npm('install', '--omit=optional', join(folder, filename))
  return project
}

/** Copies a file of this folder into the project. */
export function copyInto({ folder }: InstalledProject, file: string): void {
  cpSync(join(import.meta.dirname, 'project', file), join(folder, file))
}
