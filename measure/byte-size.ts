const UNITS = ['kB', 'MB', 'GB', 'TB'] as const

/** Formats bytes for people: in decimal units, as on the labels of disks, with one decimal below a hundred. */
export function byteSize(bytes: number): string {
  const power = Math.max(
    0,
    UNITS.findLastIndex((_, at) => bytes >= 1000 ** (at + 1)),
  )
  const scaled = bytes / 1000 ** (power + 1)
  return `${Number(scaled.toFixed(scaled < 100 ? 1 : 0))} ${UNITS[power]}`
}
