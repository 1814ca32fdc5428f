import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { circles, crowded, readHouse, upwardImports } from './floor-plan.ts'

const house = readHouse(join(import.meta.dirname, '..'))

describe('the floor plan', () => {
  test('imports go downwards through the layers', () => {
    expect(upwardImports(house)).toEqual([])
  })

  test('no circle runs between folders or inside one, through types neither', () => {
    expect(circles(house)).toEqual([])
  })

  test('no folder has more than fifteen entries', () => {
    expect(crowded(house, 15)).toEqual([])
  })
})

describe('what a folder may ask of the world', () => {
  const filesWith = (folder: string, pattern: RegExp) =>
    house.files.filter(
      (file) =>
        file.startsWith(folder) && pattern.test(readFileSync(join(import.meta.dirname, '..', file), 'utf8')),
    )

  test('sparse/ asks neither clock nor file nor network', () => {
    const world = /from 'node:(?!crypto)|\bDate\b|performance\.|Math\.random|\bfetch\(|process\.|setTimeout/
    expect(filesWith('sparse/', world)).toEqual([])
  })

  test("the encoder's runtime is loaded by the child process alone", () => {
    expect(filesWith('workers/', /from 'onnxruntime-node'|import\('onnxruntime-node'\)/)).toEqual([
      'workers/encoders/onnx-session.ts',
    ])
    const users = house.files.filter((file) =>
      house.imports.get(file)?.includes('workers/encoders/onnx-session.ts'),
    )
    expect(users).toEqual(['workers/encoders/onnx-process.ts'])
  })
})

describe('a floor plan that is wrong', () => {
  const broken = {
    files: ['sparse/a.ts', 'sparse/b.ts', 'models/c.ts'],
    imports: new Map([
      ['sparse/a.ts', ['sparse/b.ts', 'models/c.ts']],
      ['sparse/b.ts', ['sparse/a.ts']],
    ]),
  }

  test('is told by the files at fault', () => {
    expect(upwardImports(broken)).toEqual(['sparse/a.ts -> models/c.ts'])
    expect(circles(broken)).toEqual(['sparse/a.ts', 'sparse/b.ts'])
    expect(crowded(broken, 1)).toEqual(['sparse: 2'])
  })
})
