import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { copyInto, type InstalledProject, installedProject } from './installed-project.ts'

let project: InstalledProject
const TYPESCRIPT = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')

beforeAll(async () => {
  project = await installedProject()
})
afterAll(() => project?.remove())

test('a query-only application needs neither encoder runtime nor board nor hub client, and wrong input is our error', async () => {
  for (const absent of [
    'onnxruntime-node',
    '@bull-board/api',
    '@huggingface/hub',
    '@modelcontextprotocol/server',
  ]) {
    expect(existsSync(join(project.folder, 'node_modules', absent)), absent).toBe(false)
  }
  copyInto(project, 'query.mjs')
  const printed = await project.run(process.execPath, ['query.mjs'], {
    OPENSEARCH_URL: inject('opensearchUrl'),
  })
  expect(printed).toMatch(/\[search\] expected usable options.*text/)
  expect(printed).toMatch(/mode: .*sparse/)
  expect(printed).toMatch(/sise/)
})

test('the package can be required from CommonJS', async () => {
  copyInto(project, 'query.cjs')
  expect(await project.run(process.execPath, ['query.cjs'])).toMatch(/^lexpand-mini-v1 function/)
})

test('CommonJS in TypeScript is checked and runs: by require, and by a late import under module node16', async () => {
  await project.npm('install', '--omit=optional', '@types/node@24')
  copyInto(project, 'query.cts')
  copyInto(project, 'late.cts')
  await checkTypes('node20', 'node16', 'query.cts', 'late.cts')
  await checkTypes('nodenext', 'nodenext', 'query.cts', 'late.cts')
  await checkTypes('node16', 'node16', 'late.cts')
  expect(await project.run(process.execPath, ['built/query.cjs'])).toMatch(
    /^lexpand-mini-v1 function SERVICE/m,
  )
  expect(await project.run(process.execPath, ['built/late.cjs'])).toMatch(/^lexpand-mini-v1 sparse/m)
})

test('no benchmark, report or test helper is in the package, and bench says where they are', async () => {
  const home = join(project.folder, 'node_modules', 'lexpand', 'dist')
  for (const absent of ['bench', 'reports', 'testing', 'integration-tests', 'cli/bench']) {
    expect(existsSync(join(home, absent)), absent).toBe(false)
  }
  await expect(
    project.run(join(project.folder, 'node_modules', '.bin', 'lexpand'), ['bench', 'encode']),
  ).rejects.toThrow(/expected a checkout of the repository/)
})

test('an encoder without its runtime says what to install', async () => {
  const encoding = project.run('sh', ['-c', 'echo "the heart" | node_modules/.bin/lexpand encode'])
  await expect(encoding).rejects.toThrow(
    /expected the package onnxruntime-node.*npm install onnxruntime-node/,
  )
})

test('in TypeScript: set up, enqueue, work, search, reindex, roll back', { timeout: 240_000 }, async () => {
  await project.npm('install', 'onnxruntime-node@1.30.0', '@types/node@24')
  copyInto(project, 'life.mts')
  await checkTypes('nodenext', 'nodenext', 'life.mts')
  await checkTypes('node16', 'node16', 'life.mts')
  await checkTypes('esnext', 'bundler', 'life.mts')
  const index = uniqueName('stranger')
  const client = testClient(inject('opensearchUrl'))
  onTestFinished(async () => {
    await removeIndices(client, `${index}-v1`, `${index}-v2`)
    await client.close()
  })
  const services = { OPENSEARCH_URL: inject('opensearchUrl'), REDIS_URL: inject('redisUrl'), INDEX: index }
  expect(await project.run(process.execPath, ['life.mts'], services)).toMatch(/lived/)
})

/** Checks files of the project together with the declarations of all packages, and compiles them into `built`. */
async function checkTypes(module: string, resolution: string, ...files: readonly string[]): Promise<void> {
  await project.run(process.execPath, [
    TYPESCRIPT,
    ...['--strict', '--skipLibCheck', 'false', '--outDir', 'built', '--target', 'es2024', '--types', 'node'],
    ...['--module', module, '--moduleResolution', resolution, ...files],
  ])
}
