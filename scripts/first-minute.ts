// Tests the first minute of a user who has only Node: `node scripts/first-minute.ts` runs `lexpand up`, a search of the
// engine and `lexpand down` in a file system without JDK and Maven, with an empty cache. Linux, as root (it hides
// folders in a mount namespace of its own). The archive is packed from this machine's engine and JDK in the layout of
// OpenSearch's minimal distribution, and served on the loopback address by a server that breaks the connection once.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { archiveName } from '../embedded/engine/distribution-address.ts'
import { findEngine } from '../embedded/engine/engine-home.ts'
import { OPENSEARCH_VERSION } from '../embedded/engine/release.ts'
import { machineSettings } from '../embedded/settings.ts'

/** Folders of JDKs and Maven on Linux; inside the namespace they are empty. */
const HIDDEN = [
  '/usr/lib/jvm',
  '/usr/java',
  '/opt',
  '/usr/share/maven',
  '/usr/share/maven-repo',
  '/root/.m2',
  '/root/.sdkman',
]

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync('/var/tmp/lexpand-first-minute-')
execFileSync('chmod', ['755', folder])
try {
  const archive = await pack()
  const server = await serve(archive)
  try {
    process.exitCode = await runHidden(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
    server.closeAllConnections()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function pack(): Promise<string> {
  const { home, jdk } = await findEngine({ ...machineSettings(say), onProgress: say })
  const top = join(folder, 'packing', `opensearch-${OPENSEARCH_VERSION}`)
  mkdirSync(join(folder, 'packing'))
  execFileSync('cp', ['-a', '--reflink=auto', home, top])
  rmSync(join(top, 'jdk'), { recursive: true, force: true })
  symlinkSync(jdk.home, join(top, 'jdk'))
  const archive = join(folder, archiveName({}))
  say(`packing ${archiveName({})} from ${home} and ${jdk.home}`)
  execFileSync('tar', [
    '-chf',
    archive,
    '-I',
    'gzip -1',
    '-C',
    join(folder, 'packing'),
    `opensearch-${OPENSEARCH_VERSION}`,
  ])
  rmSync(join(folder, 'packing'), { recursive: true })
  return archive
}

async function serve(archive: string) {
  const { size } = statSync(archive)
  const hash = createHash('sha512')
  await pipeline(createReadStream(archive), hash)
  const digest = hash.digest('hex')
  let isBroken = false
  const server = createServer((incoming, response) => {
    say(`asked for ${incoming.url} ${incoming.headers.range ?? ''}`)
    if (incoming.url?.endsWith('.sha512')) return response.end(`${digest}  ${archiveName({})}\n`)
    const start = Number(/^bytes=(\d+)-$/.exec(incoming.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': size - start,
      ...(start === 0 ? {} : { 'content-range': `bytes ${start}-${size - 1}/${size}` }),
    })
    const body = createReadStream(archive, { start, ...(isBroken ? {} : { end: Math.floor(size / 3) }) })
    const breaks = !isBroken
    isBroken = true
    body.pipe(response, { end: !breaks })
    if (breaks) body.once('close', () => response.destroy())
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function runHidden(url: string): Promise<number> {
  const hide = HIDDEN.filter((path) => !process.execPath.startsWith(path))
    .map((path) => `[ ! -d ${path} ] || mount -t tmpfs tmpfs ${path}`)
    .join('\n')
  const script = `set -eu
${hide}
if java -version 2> /dev/null || mvn -version 2> /dev/null; then echo "java or mvn is still there" >&2; exit 1; fi
trap '"$0" bin/lexpand.mjs down' EXIT
"$0" bin/lexpand.mjs up
"$0" bin/lexpand.mjs status
"$0" bin/lexpand.mjs doctor
"$0" bin/lexpand.mjs up`
  const {
    OPENSEARCH_URL: _url,
    REDIS_URL: _redis,
    LEXPAND_JAVA_HOME: _java,
    JAVA_HOME: _home,
    ...environment
  } = process.env
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', script, process.execPath],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...environment,
        LEXPAND_CACHE: join(folder, 'cache'),
        LEXPAND_DISTRIBUTION_URL: url,
        LEXPAND_HEAP: '512m',
      },
    },
  )
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

function say(message: string): void {
  process.stderr.write(`[first-minute] ${message}\n`)
}
