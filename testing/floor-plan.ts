import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

/** The layers of the product, lowest first: a row imports rows before it, never rows after it. */
export const LAYERS: readonly (readonly string[])[] = [
  ['sparse'],
  ['models', 'opensearch'],
  ['mappings'],
  ['workers', 'pipelines', 'sources'],
  ['measure', 'quality'],
  ['indices'],
  ['advise', 'integrations'],
  ['cli', 'bench'],
  ['reports'],
]

/** Permitted imports within a row. */
const NEIGHBOURS: readonly string[] = ['quality -> measure', 'cli -> bench']

/** The embedded services: the folder imports nothing else of the product; the command line and measurements start it. */
const EMBEDDED = 'embedded'

export interface House {
  /** Source files without tests, relative to the root. */
  readonly files: readonly string[]
  /** File -> files that it imports, including imports of types. */
  readonly imports: ReadonlyMap<string, readonly string[]>
}

/** Reads the product folders of a checkout. */
export function readHouse(root: string): House {
  const files = [...LAYERS.flat(), EMBEDDED].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('golden'))
      .map((file) => join(folder, file)),
  )
  const known = new Set(files)
  const imports = files.map((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)
    const targets = Array.from(found, ([, path = '']) => normalize(join(dirname(file), path)))
    return [file, targets.filter((target) => known.has(target))] as const
  })
  return { files, imports: new Map(imports) }
}

/** Imports that go upwards or sideways, as "file -> file". */
export function upwardImports({ imports }: House): string[] {
  return edges(imports).flatMap(([from, to]) =>
    mayImport(topOf(from), topOf(to)) ? [] : [`${from} -> ${to}`],
  )
}

function mayImport(from: string, to: string): boolean {
  if (from === to || NEIGHBOURS.includes(`${from} -> ${to}`)) return true
  return from !== EMBEDDED && rowOf(from) > (to === EMBEDDED ? rowOf('advise') : rowOf(to))
}

function rowOf(folder: string): number {
  return LAYERS.findIndex((folders) => folders.includes(folder))
}

/** Circles among the entries of any folder; files that only re-export do not count. */
export function circles({ files, imports }: House): string[] {
  const folders = new Set(files.flatMap((file) => ancestors(file)))
  return [...folders].flatMap((folder) => {
    const graph = new Map<string, Set<string>>()
    for (const [from, to] of edges(imports)) {
      if (from.endsWith('/index.ts') || to.endsWith('/index.ts')) continue
      const [a, b] = [entryOf(folder, from), entryOf(folder, to)]
      if (a !== undefined && b !== undefined && a !== b) graph.set(a, (graph.get(a) ?? new Set()).add(b))
    }
    return [...graph.keys()]
      .filter((entry) => reaches(graph, entry, entry))
      .map((entry) => join(folder, entry))
  })
}

/** Folders with more entries than allowed, with their entries. */
export function crowded({ files }: House, most: number): string[] {
  const entries = new Map<string, Set<string>>()
  for (const file of files) {
    for (const folder of ancestors(file)) {
      if (folder === '') continue
      entries.set(folder, (entries.get(folder) ?? new Set()).add(entryOf(folder, file) ?? ''))
    }
  }
  return [...entries].flatMap(([folder, { size }]) => (size > most ? [`${folder}: ${size}`] : []))
}

function edges(imports: House['imports']): [string, string][] {
  return [...imports].flatMap(([from, targets]) => targets.map((to): [string, string] => [from, to]))
}

function topOf(file: string): string {
  return file.split('/')[0] ?? ''
}

/** '' and every folder above a file. */
function ancestors(file: string): string[] {
  const parts = file.split('/').slice(0, -1)
  return ['', ...parts.map((_, at) => parts.slice(0, at + 1).join('/'))]
}

/** The file or folder directly inside `folder` that contains the file; undefined when it lies elsewhere. */
function entryOf(folder: string, file: string): string | undefined {
  const path = relative(folder, file)
  return path.startsWith('..') ? undefined : path.split('/')[0]
}

function reaches(graph: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>()
  const open = [...(graph.get(from) ?? [])]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true
    if (seen.has(at)) continue
    seen.add(at)
    open.push(...(graph.get(at) ?? []))
  }
  return false
}
