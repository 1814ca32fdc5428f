/** Random Unicode strings; random_strings.py makes the same strings from the same seed. */
export function randomStrings(seed: number, count: number): string[] {
  const random = mulberry32(seed)
  return Array.from({ length: count }, () => {
    let text = ''
    for (let left = 1 + (random() % 24); left > 0; left--) {
      const range = RANGES[random() % (RANGES.length + 4)]
      if (range === undefined) text += ' '
      else text += String.fromCodePoint(range[0] + (random() % (range[1] - range[0] + 1)))
    }
    return text
  })
}

// biome-ignore format: one to one with random_strings.py
const RANGES: readonly (readonly [number, number])[] = [
  [0x20, 0x7e], [0x20, 0x7e], [0x61, 0x7a], [0x61, 0x7a], [0x00, 0xff], [0x100, 0x24f], [0x300, 0x36f], [0x370, 0x52f], [0x590, 0x7ff],
  [0x900, 0xdff], [0xe00, 0x11ff], [0x1e00, 0x1fff], [0x2000, 0x2bff], [0x3000, 0x30ff], [0x4e00, 0x9fff], [0xac00, 0xd7a3], [0xf900, 0xffff],
  [0x10000, 0x10fff], [0x11000, 0x1ffff], [0x20000, 0x2ffff], [0xe0000, 0xe01ff], [0x0, 0xd7ff], [0x10000, 0x10ffff],
]

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
