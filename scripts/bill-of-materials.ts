/**
 * Writes the packages of the image, for `docker build` and releases: `node scripts/bill-of-materials.ts FOLDER` writes
 * FOLDER/sbom.cdx.json (CycloneDX, by npm) and FOLDER/licences.txt. The same packages give the same bytes.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Component {
  readonly name: string
  readonly version: string
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string }
    readonly expression?: string
  }[]
}

interface BillOfMaterials {
  serialNumber?: string
  readonly metadata: { timestamp?: string; readonly component: { name: string } }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt|mit|apache2?|bsd))?$/i

/** @param root a folder with package-lock.json and the installed packages @throws Error with npm's message */
export function billOfMaterials(root: string): BillOfMaterials {
  const { status, stdout, stderr } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  })
  if (status !== 0) throw new Error(`[sbom] expected npm sbom to succeed, got: ${stderr}`)
  const bill: BillOfMaterials = JSON.parse(stdout)
  // Removes the parts that differ from run to run, and the name of the folder.
  delete bill.serialNumber
  delete bill.metadata.timestamp
  bill.metadata.component.name = 'lexpand'
  const shipped = shippedPackages(root)
  const components = bill.components.filter(({ name, version }) => shipped.has(`${name}@${version}`))
  const kept = new Set(['lexpand', ...components.map(({ name }) => name)])
  const isKept = (reference: string) => kept.has(reference.slice(0, reference.lastIndexOf('@')))
  const dependencies = bill.dependencies
    .filter(({ ref }) => isKept(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isKept) }))
  return { ...bill, components, dependencies }
}

/** npm's own `--omit dev` leaves @opentelemetry/api out, which is a dependency and also a peer of other packages. */
function shippedPackages(root: string): Set<string> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>
  }
  return new Set(
    Object.entries(packages).flatMap(([folder, { version, dev }]) =>
      dev ? [] : [`${folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`],
    ),
  )
}

export function licenceOf({ licenses = [] }: Component): string {
  return licenses
    .map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '')
    .join(' AND ')
}

/** Name, version and licence of each package, then each licence text once. */
export function licenceList(root: string, components: readonly Component[]): string {
  const texts = new Map<string, string[]>()
  const lines: string[] = []
  for (const component of components) {
    const place = `${component.name} ${component.version}`
    lines.push(`${place}: ${licenceOf(component)}`)
    for (const text of licenceTexts(join(root, 'node_modules', component.name))) {
      texts.set(text, [...(texts.get(text) ?? []), place])
    }
  }
  const blocks = [...texts].map(([text, places]) => `${'-'.repeat(72)}\n${places.join(', ')}\n\n${text}\n`)
  return `${lines.join('\n')}\n\n${blocks.join('\n')}`
}

function licenceTexts(folder: string): string[] {
  try {
    const files = readdirSync(folder)
      .filter((name) => LICENCE_FILE.test(name))
      .sort()
    return files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  } catch {
    // The package is nested below another one, or is not for this system.
    return []
  }
}

if (import.meta.main) {
  const [folder = '.'] = process.argv.slice(2)
  const bill = billOfMaterials(process.cwd())
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(bill, undefined, 1)}\n`)
  writeFileSync(join(folder, 'licences.txt'), licenceList(process.cwd(), bill.components))
}
