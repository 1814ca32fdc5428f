import { expect, test } from 'vitest'
import { inNamespace } from './network-place.ts'

const start = { command: 'java', arguments: ['-Xmx1g', 'Main'], user: { uid: 7, gid: 8 } }

test('without a namespace a start stays as it is', () => {
  expect(inNamespace(start)).toEqual(start)
})

test('a namespace is entered before the account changes, which is then no longer up to the caller', () => {
  expect(inNamespace({ ...start, namespace: 'n1' })).toEqual({
    command: 'nsenter',
    arguments: ['--net=/run/netns/n1', '--setuid', '7', '--setgid', '8', 'java', '-Xmx1g', 'Main'],
    user: undefined,
  })
})
