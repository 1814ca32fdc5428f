import { expect, test } from 'vitest'
import { archiveAddress, archiveName } from './distribution-address.ts'
import { OPENSEARCH_VERSION } from './release.ts'

const LINUX = { platform: 'linux', arch: 'x64', hasGlibc: true } as const

test.each([
  [LINUX, 'linux-x64'],
  [{ ...LINUX, arch: 'arm64' }, 'linux-arm64'],
  [{ platform: 'darwin', arch: 'x64', hasGlibc: false } as const, 'darwin-x64'],
  [{ platform: 'darwin', arch: 'arm64', hasGlibc: false } as const, 'darwin-arm64'],
])('%j has the archive of %s', (machine, name) => {
  expect(archiveAddress({}, machine).href).toBe(
    `https://artifacts.opensearch.org/releases/core/opensearch/${OPENSEARCH_VERSION}/opensearch-min-${OPENSEARCH_VERSION}-${name}.tar.gz`,
  )
})

test.each([
  [{ ...LINUX, hasGlibc: false }, 'linux x64 without glibc'],
  [{ ...LINUX, arch: 'riscv64' }, 'linux riscv64'],
  [{ platform: 'win32', arch: 'x64', hasGlibc: false } as const, 'win32 x64'],
])('%j has none, and is told the other ways', (machine, shown) => {
  expect(() => archiveName({}, machine)).toThrow(`got ${shown}. Install a JDK and Maven, use Docker`)
})

test.each([
  ['https://mirror.example/opensearch/', undefined],
  ['http://localhost:8080', undefined],
  ['http://mirror.example', 'ab'.repeat(64)],
])('the mirror %s is taken', (given, digest) => {
  const environment = { LEXPAND_DISTRIBUTION_URL: given, LEXPAND_DISTRIBUTION_SHA512: digest }
  expect(archiveAddress(environment, LINUX).href).toMatch(
    /^https?:\/\/[\w.:]+(\/opensearch)?\/[\d.]+\/opensearch-min-[\d.]+-linux-x64\.tar\.gz$/,
  )
})

test.each([
  'http://mirror.example',
  'ftp://mirror.example',
  'file:///mirror',
  'mirror',
  'https://mirror.example/?x=',
])('the mirror %s is refused: its digest proves nothing without TLS', (given) => {
  expect(() => archiveAddress({ LEXPAND_DISTRIBUTION_URL: given }, LINUX)).toThrow(
    'expected LEXPAND_DISTRIBUTION_URL',
  )
})

test('the password of a mirror is not shown', () => {
  const LEXPAND_DISTRIBUTION_URL = 'http://me:secret@mirror.example'
  expect(() => archiveAddress({ LEXPAND_DISTRIBUTION_URL }, LINUX)).toThrow('http://***@mirror.example')
})
