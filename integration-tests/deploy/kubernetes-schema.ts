import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { packageRoot } from '../../embedded/host/cache-folder.ts'
import { run } from './helm-program.ts'

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  // biome-ignore lint/suspicious/noExplicitAny: the schemas below check what is in it
  readonly spec?: any
}

/** Kinds that the chart may render -> the module with their schema, from Kubernetes' and the operators' own OpenAPI. */
const MODULES: Readonly<Record<string, string>> = {
  'v1/Service': 'kubernetes-models/v1/Service',
  'v1/ServiceAccount': 'kubernetes-models/v1/ServiceAccount',
  'apps/v1/Deployment': 'kubernetes-models/apps/v1/Deployment',
  'apps/v1/StatefulSet': 'kubernetes-models/apps/v1/StatefulSet',
  'networking.k8s.io/v1/NetworkPolicy': 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget': 'kubernetes-models/policy/v1/PodDisruptionBudget',
  'monitoring.coreos.com/v1/ServiceMonitor':
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor',
  'keda.sh/v1alpha1/ScaledObject': '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject',
}

export function objectsOf(yaml: string): KubernetesObject[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    const value = document.toJS() as KubernetesObject | null
    return value === null ? [] : [value]
  })
}

/**
 * Checks objects against the schemas of their kinds, twice: the validators know patterns, formats and what is
 * required; the compiler, which sees the objects as literals, refuses what the types do not have, such as a
 * misspelt key, that an API server would drop in silence.
 *
 * @throws Error naming what is wrong
 */
export async function assertKubernetesObjects(objects: readonly KubernetesObject[]): Promise<void> {
  for (const object of objects) {
    const { [object.kind]: Model } = await import(moduleOf(object))
    new Model(object).validate()
  }
  await assertTypes(objects)
}

async function assertTypes(objects: readonly KubernetesObject[]): Promise<void> {
  const root = packageRoot()
  // Inside the checkout, so that the compiler finds the packages.
  const cache = join(root, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'kubernetes-'))
  try {
    const statements = objects.flatMap((object, at) => [
      `import type { I${object.kind} as T${at} } from '${moduleOf(object)}'`,
      `export const o${at}: T${at} = ${JSON.stringify(object, undefined, 1)}`,
    ])
    writeFileSync(join(folder, 'rendered.ts'), statements.join('\n'))
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', skipLibCheck: true, types: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['rendered.ts'] }))
    await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder]).catch(
      ({ stdout }: { stdout: string }) => {
        throw new Error(stdout)
      },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function moduleOf({ apiVersion, kind }: KubernetesObject): string {
  const found = MODULES[`${apiVersion}/${kind}`]
  if (found === undefined) throw new Error(`expected a kind with a known schema, got ${apiVersion}/${kind}`)
  return found
}
