import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { ROLES, type RoleName, SCOPE_INDEX } from '../../../cli/doctor/privileges/roles.ts'
import { type PrivateService, startPrivateRedis } from '../../../embedded/index.ts'
import { LEAST_ACL } from '../../../workers/queue/redis.ts'
import { TestAuthority } from '../../clusters/login/certificates.ts'
import { homeWithPrivileges, type Privileges, userLines } from '../../clusters/privileges/privilege-node.ts'
import { reach } from '../../fixtures/reach.ts'
import { type ChaosServices, startEngine, type Trouble } from '../services.ts'
import { TlsDoor } from './tls-door.ts'

const LOCAL = 'DNS:localhost,IP:127.0.0.1'
const INDICES = 'test-chaos*'

/**
 * Engine and Redis behind TLS that asks for certificates of clients. Workers and sweepers have the role `worker` and the
 * least rights in Redis; nodes judge privileges with the plugin of the tests.
 */
export async function startSecuredServices(nodes: 1 | 3): Promise<ChaosServices> {
  const site = new Site()
  const [engine, redis] = await Promise.all([
    startEngine(nodes, await homeWithPrivileges()),
    startPrivateRedis(),
  ])
  const places = engine.nodes.map(({ dataDirectory }) =>
    join(dataDirectory, 'config', 'privileges.properties'),
  )
  const doors = {
    engine: await TlsDoor.open(site.identity('engine'), engine.nodes.map(portOf)),
    redis: await TlsDoor.open(site.identity('redis'), [portOf(redis)]),
  }
  const users = new Users(places)
  const rights = new RedisRights(redis.url)
  await rights.set(LEAST_ACL)
  const accessOf = (user: string) => ({
    opensearchUrl: `https://127.0.0.1:${doors.engine.port}`,
    redisUrl: `rediss://worker@127.0.0.1:${doors.redis.port}`,
    environment: {
      OPENSEARCH_USERNAME: user,
      OPENSEARCH_PASSWORD_FILE: site.write(`${user}.password`, users.passwordOf(user)),
      OPENSEARCH_CA_FILE: site.path('ca.pem'),
      OPENSEARCH_CERT_FILE: site.path('client.pem'),
      OPENSEARCH_KEY_FILE: site.path('client.key'),
      REDIS_PASSWORD_FILE: site.write('redis.password', rights.password),
      REDIS_CA_FILE: site.path('redis-ca.pem'),
      REDIS_CERT_FILE: site.path('redis-client.pem'),
      REDIS_KEY_FILE: site.path('redis-client.key'),
    },
  })
  const writer = reach(accessOf('writer')).client
  const admin = reach(accessOf('admin')).client
  return {
    nodes: engine.nodes.map((node, at) =>
      behind(doors.engine, node, { before: () => users.lift(at), after: () => users.impose(at) }),
    ),
    redis: behind(doors.redis, redis, { before: () => undefined, after: () => rights.set(LEAST_ACL) }),
    access: accessOf('worker'),
    writer,
    admin,
    troubles: troublesOf(site, users, rights, doors),
    async stop() {
      await Promise.all([writer.close(), admin.close()])
      for (const door of Object.values(doors)) door.close()
      rights.close()
      await Promise.all([engine.stop(), redis.stop()])
      site.remove()
    },
  }
}

/**
 * A restarted server is asked for its health without a login, and knows no users until it is told them: until then nobody
 * comes in.
 */
function behind(
  door: TlsDoor,
  service: PrivateService,
  { before, after }: { readonly before: () => void; readonly after: () => void | Promise<void> },
): PrivateService {
  return {
    url: service.url,
    dataDirectory: service.dataDirectory,
    get pid() {
      return service.pid
    },
    stop: () => service.stop(),
    kill9: () => service.kill9(),
    async restart() {
      door.shut.add(portOf(service))
      before()
      await service.restart()
      await after()
      door.shut.delete(portOf(service))
    },
  }
}

function troublesOf(
  site: Site,
  users: Users,
  rights: RedisRights,
  doors: Readonly<Record<'engine' | 'redis', TlsDoor>>,
): Trouble[] {
  const nothing = () => undefined
  const giveBack = () => users.grant('worker', WORKER)
  const without = (pattern: string, actions: readonly string[]): Privileges => ({
    ...WORKER,
    index: { ...WORKER.index, [pattern]: actions },
  })
  return [
    {
      name: 'the workers may not write documents',
      begin: () => users.grant('worker', without(INDICES, READING)),
      end: giveBack,
    },
    {
      name: 'certificates are exchanged, with those of a new authority',
      begin() {
        site.renew()
        doors.engine.rotate(site.identity('engine'))
        doors.redis.rotate(site.identity('redis'))
      },
      end: nothing,
    },
    { name: 'the login of the workers is gone', begin: () => users.forget('worker'), end: giveBack },
    {
      name: 'the workers may do nothing with scripts in Redis',
      begin: () => rights.set(`${LEAST_ACL} -evalsha -eval -bzpopmin`),
      end: () => rights.set(LEAST_ACL),
    },
    {
      name: 'the workers may neither read nor write dead letters',
      begin: () => users.grant('worker', without(SCOPE_INDEX.letters, [])),
      end: giveBack,
    },
    {
      name: 'passwords are exchanged, in the files a while later',
      async begin() {
        users.exchangePassword('worker')
        await rights.exchangePassword()
      },
      end() {
        site.write('worker.password', users.passwordOf('worker'))
        site.write('redis.password', rights.password)
      },
    },
  ]
}

/** The files that processes are given. */
class Site {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lexpand-secured-'))
  /** Redis clients read their authority once: its certificates change, and who signs them stays. */
  readonly #ofRedis = new TestAuthority(this.path('redis-authority'), 'Redis CA')
  #authority = new TestAuthority(this.path('authority-0'), 'Test CA 0')
  #trusted = this.#authority.certificate
  #renewals = 0

  constructor() {
    this.#writePairs()
    this.write('redis-ca.pem', this.#ofRedis.certificate)
  }

  identity(of: 'engine' | 'redis') {
    return of === 'engine'
      ? { ...this.#authority.sign('server', LOCAL), ca: this.#trusted }
      : { ...this.#ofRedis.sign('server', LOCAL), ca: this.#ofRedis.certificate }
  }

  /** Both authorities are trusted from now on; what is signed is signed by the new one. */
  renew(): void {
    this.#renewals++
    const before = this.#authority.certificate
    this.#authority = new TestAuthority(this.path(`authority-${this.#renewals}`), `Test CA ${this.#renewals}`)
    this.#trusted = before + this.#authority.certificate
    this.#writePairs()
  }

  path(name: string): string {
    return join(this.#folder, name)
  }

  /** In one piece: a reader gets the old content or the new one. */
  write(name: string, content: string): string {
    writeFileSync(this.path(`${name}.draft`), content, { mode: 0o600 })
    renameSync(this.path(`${name}.draft`), this.path(name))
    return this.path(name)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #writePairs(): void {
    this.write('ca.pem', this.#trusted)
    const pairs = {
      client: this.#authority.sign('client', LOCAL),
      'redis-client': this.#ofRedis.sign('client', LOCAL),
    }
    for (const [name, { cert, key }] of Object.entries(pairs)) {
      this.write(`${name}.pem`, cert)
      this.write(`${name}.key`, key)
    }
  }
}

const ALL: Privileges = { cluster: ['*'], index: { '*': ['*'] } }
const WORKER = privilegesOf('worker')
const READING = (WORKER.index[INDICES] ?? []).filter((action) => !action.includes('write'))
/** A client that knows nothing of Lexpand. */
const WRITER: Privileges = {
  cluster: ['indices:data/write/bulk'],
  index: {
    [INDICES]: ['bulk*', 'index', 'update', 'delete']
      .map((name) => `indices:data/write/${name}`)
      .concat('indices:admin/mapping/put'),
  },
}

function privilegesOf(name: RoleName): Privileges {
  const {
    cluster = [],
    indices = [],
    letters = [],
    all = [],
  } = ROLES.find((role) => role.name === name)?.privileges ?? {}
  return { cluster, index: { [INDICES]: indices, [SCOPE_INDEX.letters]: letters, [SCOPE_INDEX.all]: all } }
}

/** Those of the engine, in a file of each node. */
class Users {
  readonly #files: readonly string[]
  readonly #users = new Map<string, Privileges>([
    ['admin', ALL],
    ['worker', WORKER],
    ['writer', WRITER],
  ])
  readonly #generations = new Map<string, number>()
  readonly #lifted = new Set<number>()

  constructor(files: readonly string[]) {
    this.#files = files
    this.#write()
  }

  grant(user: string, privileges: Privileges): void {
    this.#users.set(user, privileges)
    this.#write()
  }

  forget(user: string): void {
    this.#users.delete(user)
    this.#write()
  }

  passwordOf(user: string): string {
    return `password ${this.#generations.get(user) ?? 0} of ${user}`
  }

  exchangePassword(user: string): void {
    this.#generations.set(user, (this.#generations.get(user) ?? 0) + 1)
    this.#write()
  }

  /** A node without the file lets everybody do everything. */
  lift(node: number): void {
    this.#lifted.add(node)
    rmSync(this.#files[node] ?? '', { force: true })
  }

  impose(node: number): void {
    this.#lifted.delete(node)
    this.#write()
  }

  #write(): void {
    const lines = [...this.#users].map(([user, may]) => userLines(user, may, this.passwordOf(user)))
    for (const file of this.#files.filter((_, node) => !this.#lifted.has(node))) {
      writeFileSync(`${file}.draft`, lines.join('\n'))
      chmodSync(`${file}.draft`, 0o644)
      renameSync(`${file}.draft`, file)
    }
  }
}

/** What the user `worker` of Redis may do. */
class RedisRights {
  readonly #admin: Redis
  #generation = 0

  constructor(url: string) {
    this.#admin = new Redis(url)
    this.#admin.on('error', () => undefined)
  }

  get password(): string {
    return `redis${this.#generation}`
  }

  async set(acl: string): Promise<void> {
    const rules = acl.replace('ACL SETUSER NAME', '').replace('PASSWORD', this.password).trim().split(/\s+/)
    await this.#admin.call('ACL', 'SETUSER', 'worker', 'reset', ...rules)
  }

  async exchangePassword(): Promise<void> {
    this.#generation++
    await this.set(LEAST_ACL)
  }

  close(): void {
    this.#admin.disconnect()
  }
}

function portOf({ url }: PrivateService): number {
  return Number(new URL(url).port)
}
