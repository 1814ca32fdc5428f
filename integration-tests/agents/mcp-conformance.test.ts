import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenantIndex } from './agent-index.ts'
import { type HttpServerProcess, httpServer } from './mcp-client.ts'

const SUITE = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js')

const cleanUps: (() => Promise<unknown>)[] = []
let server: HttpServerProcess
let folder = ''

beforeAll(async () => {
  const { index } = await tenantIndex((cleanUp) => cleanUps.push(cleanUp))
  server = await httpServer(['--index', index])
  folder = mkdtempSync(join(tmpdir(), 'lexpand-conformance-'))
})

afterAll(async () => {
  await server?.stop()
  for (const cleanUp of cleanUps) await cleanUp()
  rmSync(folder, { recursive: true, force: true })
})

// The suite's other scenarios call tools, prompts and resources of a reference server by their names (`test_simple_text`),
// or capabilities that a read-only server does not declare: prompts, completions, logging, subscriptions.
test.each(['server-initialize', 'ping', 'tools-list', 'resources-list', 'dns-rebinding-protection'])(
  'the protocol’s own conformance suite passes: %s',
  async (scenario) => {
    // Its results go into the folder it runs in.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [SUITE, 'server', '--url', server.url, '--scenario', scenario],
      { cwd: folder, timeout: 60_000 },
    )
    expect(stdout).toMatch(/Passed: \d+\/\d+, 0 failed/)
  },
)
