import { fileURLToPath } from 'node:url'
import { parser } from '@prometheus-io/lezer-promql'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasGo, helmProgram, run } from './helm-program.ts'
import { assertKubernetesObjects, type KubernetesObject, objectsOf } from './kubernetes-schema.ts'

const CHART = fileURLToPath(new URL('../../deploy/helm/lexpand', import.meta.url))
const LEAST = ['--set', 'opensearch.url=https://search.example:9200,redis.url=rediss://queue.example:6380']
const ALL = [
  '--set',
  [
    'opensearch.url=https://search.example',
    'opensearch.loginSecret=login',
    'opensearch.caConfigMap=ca',
    'redis.install.enabled=true',
    'redis.install.passwordSecret=queue',
    'keda.enabled=true',
    'serviceMonitor.enabled=true',
    'keda.drainSeconds=120',
  ].join(),
  '--set-json',
  'networkPolicy.metricsFrom=[{"namespaceSelector":{"matchLabels":{"name":"monitoring"}}}]',
  '--set-json',
  'networkPolicy.opensearchTo=[{"ipBlock":{"cidr":"10.0.0.0/8"}}]',
  '--set-json',
  'keda.documentsPerSecond=52.3',
  '--set-json',
  'worker.extraArgs=["--max-search-p95","50"]',
]

describe.skipIf(!(await hasGo()))('the Helm chart', () => {
  let helm = ''
  beforeAll(async () => {
    helm = await helmProgram().catch((error: Error) => {
      if (process.env.CI === 'true') throw error
      console.warn(`helm cannot be built here: ${error.message}`)
      return ''
    })
  }, 1_300_000)
  beforeEach(({ skip }) => skip(helm === '', 'helm cannot be built here'))

  const template = async (...args: string[]): Promise<KubernetesObject[]> =>
    objectsOf((await run(helm, ['template', 'x', CHART, '--namespace', 'search', ...args])).stdout)
  const find = (objects: readonly KubernetesObject[], kind: string, name: string) => {
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
    if (found === undefined) throw new Error(`no ${kind} ${name}`)
    return found
  }

  test.each([
    { name: 'least', values: LEAST },
    { name: 'all', values: ALL },
  ])(
    'with $name settings passes lint, and what it renders fits the schemas of Kubernetes',
    async ({ values }) => {
      await run(helm, ['lint', '--strict', CHART, ...values])
      const objects = await template(...values)
      expect(objects.length).toBeGreaterThanOrEqual(6)
      await assertKubernetesObjects(objects)
    },
  )

  test('a misspelt key in a rendered object is refused, so that the check above can fail', async () => {
    const worker = find(await template(...LEAST), 'Deployment', 'x-lexpand-worker')
    const misspelt = structuredClone(worker)
    misspelt.spec.template.spec.terminationGracePeriodSecond = 45
    await expect(assertKubernetesObjects([misspelt])).rejects.toThrow('terminationGracePeriodSecond')
    const wrong = structuredClone(worker)
    delete wrong.spec.selector
    await expect(assertKubernetesObjects([wrong])).rejects.toThrow('selector')
  })

  test('every pod runs without root, without rights, and on a root file system that it cannot write', async () => {
    const pods = (await template(...ALL)).flatMap(({ spec }) => spec?.template?.spec ?? [])
    expect(pods).toHaveLength(3)
    for (const { securityContext, containers, automountServiceAccountToken, ...pod } of pods) {
      expect(automountServiceAccountToken).toBe(false)
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(securityContext.runAsUser).toBeGreaterThan(0)
      expect([pod.hostNetwork, pod.hostPID, pod.hostIPC]).toEqual([undefined, undefined, undefined])
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources.limits.memory).toMatch(/^\d+(Mi|Gi)$/)
        expect(container.resources.requests.memory).toMatch(/^\d+(Mi|Gi)$/)
      }
    }
  })

  test('no password stands in an argument or a variable of the manifests', async () => {
    const text = JSON.stringify(await template(...ALL))
    expect(text).toContain('redis://:$(REDIS_PASSWORD)@x-lexpand-redis:6379')
    expect(text).toContain('"OPENSEARCH_PASSWORD_FILE","value":"/etc/lexpand/login/password"')
    expect(text).not.toContain('"name":"OPENSEARCH_PASSWORD"')
  })

  test('pods that stop get longer than a worker takes, and probes go to the port that is served', async () => {
    const { spec } = find(await template(...LEAST), 'Deployment', 'x-lexpand-worker')
    const [container] = spec.template.spec.containers
    // 20 s for running jobs and 3 s for those whose encoder was taken away (workers/worker.ts).
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(23)
    expect(container.args.at(-1)).toBe(`0.0.0.0:${container.ports[0].containerPort}`)
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      expect(container[probe].httpGet.port).toBe(container.ports[0].name)
    }
    expect(container.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
  })

  test('a pod may talk to name servers, OpenSearch and Redis on the ports of their URLs, and to nothing else', async () => {
    const ports = (objects: KubernetesObject[]) =>
      find(objects, 'NetworkPolicy', 'x-lexpand').spec.egress.flatMap((rule: { ports: { port: number }[] }) =>
        rule.ports.map(({ port }) => port),
      )
    expect(ports(await template(...LEAST))).toEqual([53, 53, 9200, 6380])
    const all = await template(...ALL)
    expect(ports(all)).toEqual([53, 53, 443, 6379])
    expect(find(all, 'NetworkPolicy', 'x-lexpand-redis').spec).toMatchObject({ egress: [] })
  })

  test('every selector selects the pods that it is meant for', async () => {
    const objects = await template(...ALL)
    const selected = (selector: Record<string, string>) =>
      objects
        .filter(({ spec }) => spec?.template !== undefined)
        .filter(({ spec }) => {
          const { labels } = spec.template.metadata
          return Object.entries(selector).every(([key, value]) => labels[key] === value)
        })
        .map(({ metadata }) => metadata.name)
        .sort()
    const of = (kind: string, name: string) => find(objects, kind, name).spec
    const both = ['x-lexpand-sweeper', 'x-lexpand-worker']
    expect(selected(of('Service', 'x-lexpand-metrics').selector)).toEqual(both)
    expect(selected(of('Service', 'x-lexpand-redis').selector)).toEqual(['x-lexpand-redis'])
    expect(selected(of('NetworkPolicy', 'x-lexpand').podSelector.matchLabels)).toEqual(both)
    const redis = of('NetworkPolicy', 'x-lexpand-redis')
    expect(selected(redis.podSelector.matchLabels)).toEqual(['x-lexpand-redis'])
    expect(selected(redis.ingress[0].from[0].podSelector.matchLabels)).toEqual(both)
    expect(selected(of('PodDisruptionBudget', 'x-lexpand-worker').selector.matchLabels)).toEqual([
      'x-lexpand-worker',
    ])
    expect(of('ScaledObject', 'x-lexpand-worker').scaleTargetRef.name).toBe('x-lexpand-worker')
    expect(of('Deployment', 'x-lexpand-worker').replicas).toBeUndefined()
  })

  test('workers scale by documents that wait: documents a second times the seconds to drain, in true PromQL', async () => {
    const { triggers } = find(await template(...ALL), 'ScaledObject', 'x-lexpand-worker').spec
    expect(triggers).toHaveLength(2)
    for (const { metadata } of triggers) {
      expect(metadata.threshold).toBe(String(Math.round(52.3 * 120)))
      expect(errorsIn(metadata.query)).toBe(0)
      expect(metadata.query).toContain('namespace="search"')
    }
    expect(errorsIn('sum(by (')).toBeGreaterThan(0)
  })

  test.each([
    ['opensearch.url', ['--set', 'redis.url=redis://r:6379']],
    ['redis.url', ['--set', 'opensearch.url=http://o:9200']],
    ['either', ['--set', 'opensearch.url=http://o:9200,redis.url=redis://r:6379,redis.install.enabled=true']],
    ['/sweeper/every', [...LEAST, '--set', 'sweeper.every=often']],
    ['additional properties', [...LEAST, '--set', 'worker.replica=3']],
    ['/opensearch/url', [...LEAST, '--set', 'opensearch.url=https://user:password@search.example']],
  ])('settings that cannot work are refused by name: %s', async (name, args) => {
    await expect(template(...args)).rejects.toThrow(name)
  })
})

function errorsIn(query: string): number {
  let errors = 0
  parser.parse(query).iterate({
    enter({ type }) {
      if (type.isError) errors++
    },
  })
  return errors
}
