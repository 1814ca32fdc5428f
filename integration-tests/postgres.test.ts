import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startSweeper } from '../workers/index.ts'
import { until } from './fixtures/until.ts'
import { expectAllReady, type WorkerFixture, workerFixture } from './fixtures/worker-fixture.ts'

const EXAMPLES = join(import.meta.dirname, '..', 'examples')
const INSTALLED = '/usr/lib/postgresql'
const reason = whyNot()

/** PostgreSQL refuses to run as root: then it runs as the user that Debian's package makes. */
function owner(): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }).toString())
  return { uid: id('-u'), gid: id('-g') }
}

function whyNot(): string | undefined {
  if (!existsSync(INSTALLED)) return `no PostgreSQL in ${INSTALLED}`
  try {
    owner()
    return undefined
  } catch {
    return 'PostgreSQL does not run as root, and there is no user postgres'
  }
}

/** A server of its own, reached by a socket in its folder. */
async function startPostgres(): Promise<{ environment: Record<string, string>; database: pg.Client }> {
  const [newest = ''] = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a))
  const binaries = join(INSTALLED, newest, 'bin')
  const as = owner()
  const folder = mkdtempSync(join(tmpdir(), 'lexpand-pg-'))
  if (as.uid !== undefined) execFileSync('chown', ['postgres', folder])
  const data = join(folder, 'data')
  execFileSync(join(binaries, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync'], {
    ...as,
    stdio: 'pipe',
  })
  const options = ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off']
  const server = spawn(join(binaries, 'postgres'), options, { ...as, stdio: 'ignore' })
  onTestFinished(async () => {
    await ended(server, 'SIGQUIT')
    rmSync(folder, { recursive: true, force: true })
  })
  const environment = { PGHOST: folder, PGUSER: 'postgres', PGDATABASE: 'postgres' }
  await until(() => existsSync(join(folder, '.s.PGSQL.5432')), 30_000)
  let database: pg.Client | undefined
  await until(async () => {
    const client = new pg.Client({ host: folder, user: 'postgres', database: 'postgres' })
    database = await client.connect().then(
      () => client,
      (error: { code?: string }) => {
        // Still starting up.
        if (error.code === '57P03') return undefined
        throw error
      },
    )
    return database !== undefined
  })
  if (database === undefined) throw new Error('expected a connection')
  const connected = database
  onTestFinished(() => connected.end())
  return { environment, database: connected }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await exited
}

function startRelay(index: string, environment: Record<string, string>): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--conditions=lexpand-source', join(EXAMPLES, 'postgres-relay.ts'), index],
    { env: { ...process.env, ...environment, OPENSEARCH_URL: inject('opensearchUrl') }, stdio: 'inherit' },
  )
  onTestFinished(() => ended(child, 'SIGKILL'))
  return child
}

async function untilIndexHolds(fixture: WorkerFixture, expected: Record<string, string>): Promise<void> {
  await until(async () => {
    const documents = await fixture.documents()
    const titles = Object.fromEntries(Array.from(documents, ([id, { title }]) => [id, title]))
    const isThere =
      JSON.stringify(Object.entries(titles).sort()) === JSON.stringify(Object.entries(expected).sort())
    return (
      isThere &&
      [...documents.values()].every(({ lexpand }) => (lexpand as { state: string }).state === 'ready')
    )
  })
  await expectAllReady(fixture, await fixture.documents(), fixture.encoder())
}

test.skipIf(reason !== undefined)(
  `rows of PostgreSQL come into the index, change and go with their vectors, over kills of the relay${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  { timeout: 180_000 },
  async () => {
    const { environment, database } = await startPostgres()
    const fixture = await workerFixture('postgres', { fields: ['title', 'body'] })
    await fixture.startWorker()
    const { client, redis, index } = fixture
    const logger = pino({ level: 'silent' })
    const sweeper = await startSweeper({ client, redis, indices: [index], everyMs: 200, logger })
    onTestFinished(() => sweeper.close())
    await database.query('CREATE TABLE articles (id text PRIMARY KEY, title text, body text)')
    await database.query("INSERT INTO articles VALUES ('old', 'Tides', 'the moon pulls the sea')")
    await database.query(readFileSync(join(EXAMPLES, 'postgres-outbox.sql'), 'utf8'))

    const first = startRelay(index, environment)
    await untilIndexHolds(fixture, { old: 'Tides' })
    await ended(first, 'SIGKILL')
    // While nobody relays: a change, a row that comes and goes, one rolled back, a new key.
    await database.query("UPDATE articles SET title = 'Ebb and flow' WHERE id = 'old'")
    await database.query(
      "INSERT INTO articles SELECT 'many-' || n, 'Note ' || n, 'bread' FROM generate_series(1, 600) AS n",
    )
    await database.query("DELETE FROM articles WHERE id LIKE 'many-%' AND id <> 'many-7'")
    await database.query("BEGIN; INSERT INTO articles VALUES ('never', 'x', 'y'); ROLLBACK")
    await database.query("UPDATE articles SET id = 'moved' WHERE id = 'many-7'")

    const second = startRelay(index, environment)
    await untilIndexHolds(fixture, { old: 'Ebb and flow', moved: 'Note 7' })
    expect((await database.query('SELECT * FROM search_outbox')).rows).toEqual([])
    await ended(second, 'SIGTERM')
    expect(second.exitCode).toBe(0)
  },
)
