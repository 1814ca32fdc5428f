import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lexpand } from '../fixtures/run-cli.ts'
import { run } from './helm-program.ts'

const UNITS = ['lexpand-worker.service', 'lexpand-sweeper.service']
const unit = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../deploy/systemd/${name}`, import.meta.url)), 'utf8')
const hasSystemd = await run('systemd-analyze', ['--version']).then(
  () => true,
  () => false,
)

describe('the systemd units', () => {
  test.each(UNITS)('%s calls a command with flags that it has', async (name) => {
    const [, line = ''] =
      /^ExecStart=\/usr\/bin\/node \/opt\/lexpand\/bin\/lexpand\.mjs (.*)$/m.exec(unit(name)) ?? []
    const [command = '', ...flags] = line.split(' ')
    const { stdout } = await lexpand([command, '--help'])
    expect(flags.length).toBeGreaterThan(0)
    for (const flag of flags.filter((word) => word.startsWith('--'))) expect(stdout).toContain(flag)
  })

  test.each(UNITS)('%s gives a stop more time than a worker takes, and no rights', (name) => {
    const text = unit(name)
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(23)
    for (const line of [
      'User=lexpand',
      'NoNewPrivileges=true',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
  })

  test.skipIf(!hasSystemd).each(UNITS)(
    '%s passes systemd-analyze, and is exposed by at most 2 of 10',
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'lexpand-units-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      // The program need not be installed here.
      const node = join(folder, 'node')
      writeFileSync(node, '')
      chmodSync(node, 0o755)
      const file = join(folder, name)
      writeFileSync(file, unit(name).replace('/usr/bin/node', node))
      const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', file])
      expect(`${stdout}${stderr}`).toBe('')
      await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', file])
    },
  )
})
