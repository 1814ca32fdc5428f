import { expect, test } from 'vitest'
import { javaFeature, versionAtLeast } from './versions.ts'

test.each([
  ['7.0.15', '6.2.0', true],
  ['6.2', '6.2.0', true],
  ['6.10.0', '6.9.1', true],
  ['6.0.20', '6.2.0', false],
  ['25.0.3+9-LTS', '25.0.3', true],
  ['22.22.0', '22.22', true],
  ['22.9', '22.22', false],
  ['not a version', '1', false],
])('%s against the minimum %s is %s', (version, minimum, expected) => {
  expect(versionAtLeast(version, minimum)).toBe(expected)
})

test.each([
  ['25.0.3', 25],
  ['21', 21],
  ['26-ea', 26],
  ['1.8.0_402', 8],
  ['', 0],
])('Java version %s is release %i', (version, feature) => {
  expect(javaFeature(version)).toBe(feature)
})
