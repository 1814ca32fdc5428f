import { afterEach, expect, test, vi } from 'vitest'
import { openNetworkLab } from './network-lab.ts'

afterEach(() => vi.unstubAllEnvs())

test.runIf(process.platform === 'linux')(
  'without the programs, their names and packages are the reason',
  () => {
    vi.stubEnv('PATH', '/nowhere')
    expect(openNetworkLab(['node1'])).toEqual({
      reason: 'the program ip cannot be started (spawnSync ip ENOENT): install iproute2',
    })
  },
)
