import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { billOfMaterials, licenceList, licenceOf } from '../../scripts/bill-of-materials.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('the bill of materials is the same twice, and names every dependency with its version and licence', () => {
  const bill = billOfMaterials(ROOT)
  expect(JSON.stringify(billOfMaterials(ROOT))).toBe(JSON.stringify(bill))
  const versions = new Map(bill.components.map(({ name, version }) => [name, version]))
  for (const [name, version] of Object.entries(packageJson.dependencies))
    expect(versions.get(name)).toBe(version)
  // npm keeps a development dependency that a shipped package takes as an optional peer (pg of bullmq, typescript of
  // valibot) when it omits the others, so the image has it too.
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { readonly devOptional?: boolean }>
  }
  for (const name of Object.keys(packageJson.devDependencies)) {
    const ships = packages[`node_modules/${name}`]?.devOptional === true
    if (!name.startsWith('@types/')) expect(versions.has(name), name).toBe(ships)
  }
  expect(bill.components.filter((component) => licenceOf(component) === '')).toEqual([])
})

test('the licence list has a line for each package, and the texts that they come with', () => {
  const { components } = billOfMaterials(ROOT)
  const list = licenceList(ROOT, components)
  const [head = '', ...texts] = list.split('\n\n')
  expect(head.split('\n')).toHaveLength(components.length)
  expect(head).toMatch(/^zod \S+: MIT$/m)
  expect(texts.join('\n')).toContain('Permission is hereby granted, free of charge')
  expect(texts.join('\n')).toContain('Apache License')
})
