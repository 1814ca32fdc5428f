import { expect, test } from 'vitest'
import { pluginFinding } from './doctor-plugin.ts'

const nodes = (...versions: (string | undefined)[]) =>
  versions.map((version, at) => ({ node: `node-${at}`, version }))

test('no plugin is fine, and what is used instead is said', () => {
  expect(pluginFinding(nodes(undefined, undefined), '1.0.0')).toContain('stock rank_feature clauses')
})

test('the same version everywhere is fine', () => {
  expect(pluginFinding(nodes('1.0.0', '1.0.0'), '1.0.0')).toBe('version 1.0.0 on 2 node(s)')
})

test.each([
  ['a node without it is named', nodes('1.0.0', undefined), 'missing on 1 of 2 node(s) (node-1)'],
  ['another version is a warning', nodes('0.9.0'), 'this is Lexpand 1.0.0'],
  ['two versions are a warning', nodes('1.0.0', '0.9.0'), 'version 0.9.0 and 1.0.0'],
])('%s', (_, found, part) => {
  expect(pluginFinding(found, '1.0.0')).toMatchObject({
    status: 'warn',
    message: expect.stringContaining(part),
  })
})

test('a pipeline that needs the plugin fails where a node lacks it, and is fine elsewhere', () => {
  expect(pluginFinding(nodes(undefined, undefined), '1.0.0', { pipelines: ['lexpand-books'] })).toMatchObject(
    {
      status: 'fail',
      message: expect.stringContaining('lexpand-books'),
    },
  )
  expect(pluginFinding(nodes('1.0.0', undefined), '1.0.0', { pipelines: ['lexpand-books'] })).toMatchObject({
    status: 'fail',
  })
  expect(pluginFinding(nodes('1.0.0'), '1.0.0', { pipelines: ['lexpand-books'] })).toBe(
    'version 1.0.0 on 1 node(s)',
  )
})

test('an index with its field type fails where a node lacks it, and is fine elsewhere', () => {
  for (const some of [nodes(undefined), nodes('1.0.0', undefined)]) {
    expect(pluginFinding(some, '1.0.0', { indices: ['books'] })).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('1 index(es) have fields of type lexpand_impacts (books)'),
    })
  }
  expect(pluginFinding(nodes('1.0.0'), '1.0.0', { indices: ['books'] })).toBe('version 1.0.0 on 1 node(s)')
})
