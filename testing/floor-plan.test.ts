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
