import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

interface Service {
  readonly image: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly mem_limit?: string
  readonly read_only?: boolean
  readonly healthcheck?: object
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
}

const ROOT = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const { services, volumes } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, null>
}
const each = Object.entries(services)

test('every container has a limit of memory and listens on this machine only', () => {
  for (const [name, { mem_limit, ports = [] }] of each) {
    expect(mem_limit, name).toMatch(/^(\$\{\w+:-)?\d+[mg]\}?$/)
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/)
  }
  expect(each.map(([name]) => name)).toEqual([
    'opensearch',
    'redis',
    'worker',
    'sweeper',
    'prometheus',
    'grafana',
  ])
})

test('a container starts when those that it needs are healthy, and each of those can tell', () => {
  const needs = each.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on))
  expect(needs.map(([name]) => name)).toEqual(['opensearch', 'redis', 'opensearch', 'redis', 'prometheus'])
  for (const [name, { condition }] of needs) {
    expect(condition).toBe('service_healthy')
    expect(services[name]?.healthcheck, name).toBeDefined()
  }
  // Services built from the image have its health check.
  for (const [name, { build, image, healthcheck }] of each) {
    if (build === undefined && image !== 'lexpand') expect(healthcheck, name).toBeDefined()
  }
  expect(read('Dockerfile')).toMatch(/^HEALTHCHECK /m)
})

test('every image names its version, and every folder and volume that is mounted is there', () => {
  for (const [name, { image, volumes: mounts = [] }] of each) {
    if (image !== 'lexpand') expect(image, name).toMatch(/:(\$\{\w+:-)?v?\d+\.\d+(\.\d+)?\}?$/)
    for (const mount of mounts) {
      const [from = ''] = mount.split(':')
      if (from.startsWith('.')) expect(existsSync(join(ROOT, from)), from).toBe(true)
      else expect(Object.keys(volumes)).toContain(from)
    }
  }
})

test('Grafana is provisioned with the Prometheus of the file and the dashboard of the documents', () => {
  const source = parse(read('docs/grafana/provisioning/datasources/prometheus.yml')).datasources[0]
  const provider = parse(read('docs/grafana/provisioning/dashboards/lexpand.yml')).providers[0]
  expect(new URL(source.url)).toMatchObject({ hostname: 'prometheus', port: '9090' })
  expect(services.grafana?.volumes).toContain(
    `./docs/grafana/lexpand.json:${provider.options.path}/lexpand.json:ro`,
  )
})

test('the image starts Node without a shell, as a user without rights, and installs without scripts', () => {
  const file = read('Dockerfile')
  const last = file.slice(file.lastIndexOf('\nFROM '))
  expect(last).not.toMatch(/^RUN /m)
  expect(last).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
  for (const form of ['ENTRYPOINT', 'CMD']) expect(last).toMatch(new RegExp(`^${form} \\["`, 'm'))
  expect(last).toMatch(/HEALTHCHECK.*\\\n {2}CMD \["node"/)
  const [, entry = ''] = /^ENTRYPOINT \["node", "\/app\/(.*)"\]$/m.exec(last) ?? []
  expect(existsSync(join(ROOT, entry))).toBe(true)
})

test('the image copies only what .dockerignore lets through', () => {
  const allowed = read('.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, from = '']) =>
    from.split(' '),
  )
  expect(copied.length).toBeGreaterThan(20)
  expect(copied.filter((path) => !allowed.includes(path.replace(/\/$/, '')))).toEqual([])
})

test('worker and sweeper run on a root file system that they cannot write', () => {
  const readOnly = each.filter(([, { read_only }]) => read_only === true).map(([name]) => name)
  expect(readOnly).toEqual(['worker', 'sweeper'])
})
