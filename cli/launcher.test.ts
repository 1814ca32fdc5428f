import { join } from 'node:path'
import { expect, test } from 'vitest'

const launcher = (await import(join(import.meta.dirname, '..', 'bin', 'node-24.mjs'))) as {
  isNewEnough(version: string): boolean
  nodeProgram(root: string): string
}

test.each([
  ['v24.21.0', true],
  ['v22.22.0', true],
  ['v23.0.0', true],
  ['v22.21.9', false],
  ['v20.20.2', false],
])('Node %s can run the sources: %s', (version, expected) => {
  expect(launcher.isNewEnough(version)).toBe(expected)
})

test('a Node that is new enough is used as it is', () => {
  expect(launcher.nodeProgram('/nowhere')).toBe(process.execPath)
})
