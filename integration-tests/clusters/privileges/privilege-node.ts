import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Client } from '@opensearch-project/opensearch'
import { fetchDistribution } from '../../../embedded/engine/distribution.ts'
import { findJdk, type Jdk } from '../../../embedded/engine/jdk.ts'
import { linkFolder } from '../../../embedded/engine/plugin.ts'
import { embeddedRelease } from '../../../embedded/engine/release.ts'
import { runCommand } from '../../../embedded/host/run-command.ts'
import { startPrivateOpenSearch } from '../../../embedded/index.ts'
import { machineSettings } from '../../../embedded/settings.ts'
import { openSearchClient } from '../../../opensearch/client.ts'

/** Privileges of a user: names of actions, which may contain `*`. */
export interface Privileges {
  readonly cluster: readonly string[]
  /** Pattern of index names -> actions. */
  readonly index: Readonly<Record<string, readonly string[]>>
}

/** A node that asks for a login and judges every action as the security plugin does. */
export interface PrivilegeNode {
  readonly url: string
  /** May do everything. */
  readonly admin: Client
  /** Sets what a user may do from now on. @returns a client of that user */
  grant(user: string, privileges: Privileges): Client
  /** Takes the login away. */
  forget(user: string): void
  /** Requests of a user since the last call, each once: `cluster ACTION` or `index NAME ACTION`. */
  asked(user: string): string[]
  stop(): Promise<void>
}

const SOURCE = fileURLToPath(new URL('./PrivilegePlugin.java', import.meta.url))
const ALL: Privileges = { cluster: ['*'], index: { '*': ['*'] } }

export function passwordOf(user: string): string {
  return `password of ${user}`
}

/** Starts one; 30 s on two cores. */
export async function startPrivilegeNode(): Promise<PrivilegeNode> {
  const service = await startPrivateOpenSearch({ home: await homeWithPrivileges() })
  const users = new Map<string, Privileges>()
  const file = join(service.dataDirectory, 'config', 'privileges.properties')
  const write = () => {
    const draft = `${file}.draft`
    writeFileSync(draft, [...users].map((user) => userLines(...user)).join('\n'))
    chmodSync(draft, 0o644)
    renameSync(draft, file)
  }
  const clientOf = (username: string) =>
    openSearchClient(service.url, { username, password: passwordOf(username) })
  const grant = (user: string, privileges: Privileges) => {
    users.set(user, privileges)
    write()
    return clientOf(user)
  }
  const log = join(service.dataDirectory, 'logs', 'opensearch.log')
  const heard = new Map<string, number>()
  return {
    url: service.url,
    admin: grant('admin', ALL),
    grant,
    forget(user) {
      users.delete(user)
      write()
    },
    asked(user) {
      const text = readFileSync(log, 'utf8')
      const lines = text.slice(heard.get(user) ?? 0).split('\n')
      heard.set(user, text.length)
      const found = lines.flatMap((line) => line.split(` ASKED ${user} `)[1]?.trim() ?? [])
      return [...new Set(found)].sort()
    },
    stop: () => service.stop(),
  }
}

/** A user in the file that the plugin reads. */
export function userLines(user: string, { cluster, index }: Privileges, password = passwordOf(user)): string {
  return [
    `${user}=${password}`,
    `${user}.cluster=${cluster.join(',')}`,
    ...Object.entries(index).map(([pattern, actions]) => `${user}.index.${pattern}=${actions.join(',')}`),
  ].join('\n')
}

/** The engine with the plugin compiled into it, once for every content of its source. */
export async function homeWithPrivileges(): Promise<string> {
  const settings = machineSettings()
  const jdk = await findJdk(settings)
  const stock = await fetchDistribution({ ...settings, onProgress: () => undefined }, jdk)
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 12)
  const home = `${stock}-privileges-${hash}`
  if (existsSync(home)) return home
  const draft = join(dirname(stock), `privileges-draft-${randomUUID()}`)
  try {
    linkFolder(stock, draft)
    await compileInto(join(draft, 'plugins', 'privileges'), draft, jdk)
    renameSync(draft, home)
    return home
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function compileInto(folder: string, home: string, jdk: Jdk): Promise<void> {
  const classes = join(folder, '..', '..', 'privileges-classes')
  mkdirSync(folder, { recursive: true })
  const tool = async (name: string, args: readonly string[]) => {
    const ran = await runCommand(join(jdk.home, 'bin', name), args, { timeoutMs: 120_000 })
    if (ran?.exitCode !== 0) throw new Error(`${name}: ${ran?.stderr ?? 'not found'}`)
  }
  mkdirSync(classes)
  const source = join(classes, basename(SOURCE))
  const text = readFileSync(SOURCE, 'utf8')
  const moved = release.version.startsWith('2.') ? text.replace('.transport.client.', '.client.') : text
  writeFileSync(source, moved)
  const target = ['--release', String(release.java.least), '-cp', join(home, 'lib', '*'), '-d', classes]
  await tool('javac', [...target, source])
  rmSync(source)
  await tool('jar', ['--create', '--file', join(folder, 'privileges.jar'), '-C', classes, '.'])
  rmSync(classes, { recursive: true })
  writeFileSync(join(folder, 'plugin-descriptor.properties'), DESCRIPTOR)
  for (const path of [folder, join(folder, 'privileges.jar')]) chmodSync(path, 0o755)
}

const release = embeddedRelease(process.env)
const DESCRIPTOR = `name=privileges
description=Test fixture: users with privileges
version=1.0.0
opensearch.version=${release.version}
java.version=${release.java.least}
classname=privileges.PrivilegePlugin
`
