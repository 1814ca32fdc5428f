import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_MODEL } from '../../models/index.ts'
import { testFolder } from '../../testing/test-folder.ts'
import { packageRoot } from '../host/cache-folder.ts'
import { linkFolder, pluginZip } from './plugin.ts'
import { OPENSEARCH_VERSION } from './release.ts'

const pom = readFileSync(join(packageRoot(), 'plugin', 'pom.xml'), 'utf8')

test('Maven builds for the embedded engine with the default model, unless told otherwise', () => {
  expect(pom).toContain(`<opensearch.version>${OPENSEARCH_VERSION}</opensearch.version>`)
  expect(pom).toContain(`<lexpand.model>${DEFAULT_MODEL}</lexpand.model>`)
})

test('the plugin has the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string
  }
  expect(pom).toContain(`<artifactId>lexpand-opensearch</artifactId>\n  <version>${version}</version>`)
})

test('only a zip for the version of the embedded engine is found', () => {
  const root = testFolder()
  expect(pluginZip({}, root)).toBeUndefined()
  const target = join(root, 'plugin', 'target')
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'lexpand-0.1.0-opensearch-3.9.0.zip'), '')
  expect(pluginZip({}, root)).toBeUndefined()
  expect(pluginZip({ LEXPAND_OPENSEARCH_VERSION: '3.9.0' }, root)).toContain('-opensearch-3.9.0.zip')
  const fitting = join(target, `lexpand-0.1.0-opensearch-${OPENSEARCH_VERSION}.zip`)
  writeFileSync(fitting, '')
  expect(pluginZip({}, root)).toBe(fitting)
})

test('a linked folder has the same files and is open to other accounts', () => {
  const root = testFolder()
  mkdirSync(join(root, 'from', 'lib'), { recursive: true, mode: 0o700 })
  writeFileSync(join(root, 'from', 'lib', 'a.jar'), 'a')
  linkFolder(join(root, 'from'), join(root, 'to'))
  expect(statSync(join(root, 'to', 'lib', 'a.jar')).ino).toBe(
    statSync(join(root, 'from', 'lib', 'a.jar')).ino,
  )
  expect(statSync(join(root, 'to', 'lib')).mode & 0o777).toBe(0o755)
})
