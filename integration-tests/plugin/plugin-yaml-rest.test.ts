import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type PrivateService, startPrivateOpenSearch } from '../../embedded/index.ts'
import { hasPlugin, pluginHome } from '../fixtures/plugin-home.ts'
import { yamlTests } from '../fixtures/yaml-rest.ts'

const FOLDER = join(import.meta.dirname, '../../plugin/src/yamlRestTest/resources/rest-api-spec/test/lexpand')
let engine: PrivateService

beforeAll(async () => {
  if (hasPlugin) engine = await startPrivateOpenSearch({ home: await pluginHome() })
})

afterEach(async () => {
  if (!hasPlugin) return
  // Cleans up like OpenSearch's runner: no test sees the rest of another one.
  const indices = (await (await fetch(`${engine.url}/_cat/indices/lexpand-*?format=json`)).json()) as {
    index: string
  }[]
  for (const { index } of indices) await fetch(`${engine.url}/${index}`, { method: 'DELETE' })
})

afterAll(async () => {
  await engine?.stop()
})

describe.skipIf(!hasPlugin)('the YAML REST tests of the plugin', () => {
  for (const file of readdirSync(FOLDER).sort()) {
    const tests = yamlTests(readFileSync(join(FOLDER, file), 'utf8'))
    test.each(tests)(`${file}: $title`, ({ run }) => run(engine.url))
  }

  test.each([
    [
      'a value that differs',
      '"x":\n  - do: { indices.analyze: { body: { text: a } } }\n  - match: { tokens.0.token: b }',
    ],
    [
      'success where a refusal is expected',
      '"x":\n  - do: { catch: bad_request, indices.analyze: { body: { text: a } } }',
    ],
    ['another message', '"x":\n  - do: { catch: /nothing such/, get: { index: lexpand-none, id: "1" } }'],
    ['an unknown step', '"x":\n  - wait: 1'],
  ])('fail for %s', async (_, text) => {
    const [only] = yamlTests(text)
    await expect(only?.run(engine.url)).rejects.toThrow('[yaml]')
  })
})
