import type { Point } from './fit.ts'

/** One line of the legend: measured points, the line through them, or both. */
export interface Series {
  readonly label: string
  readonly points?: readonly Point[] | undefined
  /** Drawn between the ends of the x axis. */
  readonly curve?: ((x: number) => number) | undefined
  /** Whether to join the points instead. @default false */
  readonly joined?: boolean | undefined
}

export interface Axis {
  /** Quantity and unit. */
  readonly title: string
  /** Whether the axis is logarithmic; otherwise it is linear and starts at 0. @default false */
  readonly log?: boolean | undefined
}

export interface Plot {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

const WIDTH = 720
const HEIGHT = 420
const LEFT = 76
const RIGHT = 196
const TOP = 44
const BOTTOM = 56
const STEPS = 48
/** Colours that most colour-blind readers can distinguish on light and dark backgrounds (Okabe and Ito, without black and yellow). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']
const DASHES = ['', '7 4', '2 4']

/**
 * A plot as an SVG document without scripts, fonts and background; it follows the reader's light or dark scheme.
 *
 * @throws RangeError for no points, or for values that a logarithmic axis cannot show
 */
export function plot({ title, x, y, series }: Plot): string {
  const points = series.flatMap(({ points = [] }) => points)
  if (points.length === 0) throw new RangeError(`[plot] expected points for "${title}", got none.`)
  const across = scale(
    x,
    points.map(([value]) => value),
    LEFT,
    WIDTH - RIGHT,
  )
  const curves = series.flatMap(({ curve }) => (curve === undefined ? [] : across.ends.map(curve)))
  const shown = curves.filter((value) => (y.log ? value > 0 : value >= 0))
  const up = scale(y, [...points.map(([, value]) => value), ...shown], HEIGHT - BOTTOM, TOP)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    '<style>text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}.grid{stroke:#8b949e;stroke-opacity:.3}.axis{stroke:#8b949e}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>',
    `<text class="title" x="${LEFT}" y="24">${escaped(title)}</text>`,
    ...across.ticks.map((tick) => xTick(across.place(tick), label(tick))),
    ...up.ticks.map((tick) => yTick(up.place(tick), label(tick))),
    `<path class="axis" fill="none" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escaped(x.title)}</text>`,
    `<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.title)}</text>`,
    ...series.flatMap((one, at) => drawn(one, at, across, up)),
    '</svg>\n',
  ].join('\n')
}

interface Scale {
  readonly ends: readonly [number, number]
  readonly ticks: readonly number[]
  readonly place: (value: number) => number
}

function scale({ title, log = false }: Axis, values: readonly number[], from: number, to: number): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  if (!Number.isFinite(least) || !Number.isFinite(most) || least < 0 || (log && least === 0))
    throw new RangeError(
      `[plot] expected finite values ${log ? 'above' : 'of at least'} 0 on "${title}", got ${least} to ${most}.`,
    )
  const ticks = log ? logTicks(least, most) : linearTicks(most)
  const ends = [Math.min(ticks[0] ?? least, log ? least : 0), Math.max(ticks.at(-1) ?? most, most)] as const
  const along = (value: number) =>
    log ? Math.log(value / ends[0]) / Math.log(ends[1] / ends[0]) : (value - ends[0]) / (ends[1] - ends[0])
  return { ends, ticks, place: (value) => round(from + (to - from) * along(value)) }
}

/** 1, 2 and 5 of each decade, or only the decades when there are many; from below the minimum to above the maximum. */
function logTicks(least: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))]
  const leading = last - first > 3 ? [1] : [1, 2, 5]
  const all = Array.from({ length: last - first + 1 }, (_, at) => first + at).flatMap((power) =>
    leading.map((digit) => Number(`${digit}e${power}`)),
  )
  const from = all.findLastIndex((tick) => tick <= least)
  const to = all.findIndex((tick) => tick >= most)
  return all.slice(Math.max(0, from), (to < 0 ? all.length : Math.max(to, from + 1)) + 1)
}

/** Four to eight round steps from 0. */
function linearTicks(most: number): number[] {
  const rough = (most === 0 ? 1 : most) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((digit) => digit * power >= rough) ?? 10) * power
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) =>
    Number((at * step).toPrecision(6)),
  )
}

function xTick(at: number, text: string): string {
  return `<path class="grid" d="M${at} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${text}</text>`
}

function yTick(at: number, text: string): string {
  return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${text}</text>`
}

function drawn(
  { label, points = [], curve, joined = false }: Series,
  at: number,
  across: Scale,
  up: Scale,
): string[] {
  const colour = COLOURS[at % COLOURS.length]
  const dash = DASHES[Math.floor(at / COLOURS.length) % DASHES.length]
  const stroke = `stroke="${colour}" stroke-width="2" fill="none"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`
  const line = curve === undefined ? (joined ? points : []) : sampled(curve, across)
  const visible = line.filter(([, value]) => value >= up.ends[0] && value <= up.ends[1])
  const path = visible.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${across.place(x)} ${up.place(y)}`)
  const y = TOP + 8 + 20 * at
  return [
    ...(path.length > 1 ? [`<path ${stroke} d="${path.join('')}"/>`] : []),
    ...points.map(
      ([x, y]) => `<circle cx="${across.place(x)}" cy="${up.place(y)}" r="3.5" fill="${colour}"/>`,
    ),
    `<path ${stroke} d="M${WIDTH - RIGHT + 14} ${y}h18"/><text x="${WIDTH - RIGHT + 38}" y="${y + 4}">${escaped(label)}</text>`,
  ]
}

function sampled(curve: (x: number) => number, { ends: [from, to], place }: Scale): Point[] {
  const isLog = place(Math.sqrt(Math.max(from, 0) * to)) !== place(from) && from > 0
  return Array.from({ length: STEPS + 1 }, (_, at) => {
    const x = isLog ? from * (to / from) ** (at / STEPS) : from + ((to - from) * at) / STEPS
    return [x, curve(x)]
  })
}

/** 1500000 becomes 1.5M, .0002 becomes 0.0002. */
function label(value: number): string {
  for (const [unit, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (Math.abs(value) >= unit) return `${Number((value / unit).toPrecision(4))}${letter}`
  }
  return String(Number(value.toPrecision(4)))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
