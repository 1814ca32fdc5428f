import { readFileSync } from 'node:fs'
import { parser } from '@prometheus-io/lezer-promql'
import { collectDefaultMetrics } from 'prom-client'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import {
  type EncodeQueue,
  type OnnxEncoder,
  prometheusTelemetry,
  type WorkerStats,
  watchEncoder,
  watchQueue,
  watchStates,
  watchWorker,
} from '../../workers/index.ts'

const read = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8')

/** Names of all metrics that workers and sweepers serve; their values do not matter here. */
function servedNames(): Set<string> {
  const { registry } = prometheusTelemetry({ build: { role: '', version: '', model: '', model_version: '' } })
  collectDefaultMetrics({ register: registry })
  watchQueue(registry, {} as EncodeQueue)
  watchWorker(registry, {} as WorkerStats)
  watchEncoder(registry, {} as OnnxEncoder, () => undefined)
  watchStates(registry, {} as never, () => [])
  return new Set(
    registry
      .getMetricsAsArray()
      .flatMap(({ name, type }) =>
        String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
  )
}

function namesIn(text: string): string[] {
  return [...new Set(text.match(/\b(?:lexpand|process|nodejs)_[a-z0-9_]+/g))]
}

function dashboardExpressions(): string {
  const { panels } = JSON.parse(read('grafana/lexpand.json')) as {
    panels: { targets?: { expr: string }[] }[]
  }
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
}

test('the dashboard asks only for metrics that are served', () => {
  const names = namesIn(dashboardExpressions())
  expect(names.length).toBeGreaterThan(15)
  const served = servedNames()
  expect(names.filter((name) => !served.has(name))).toEqual([])
})

test('the alerts ask only for metrics that are served', () => {
  const names = namesIn(read('prometheus/alerts.yml'))
  expect(names.length).toBeGreaterThan(6)
  const served = servedNames()
  expect(names.filter((name) => !served.has(name))).toEqual([])
})

test('every metric of ours is on the dashboard or in an alert, else nobody would see it', () => {
  const shown = new Set(namesIn(dashboardExpressions() + read('prometheus/alerts.yml')))
  const ours = [...servedNames()].filter(
    (name) => name.startsWith('lexpand_') && !/_(sum|count)$/.test(name) && !shown.has(name),
  )
  // The dashboards show its consequence, lost weights, which the log of the worker reports.
  expect(ours).toEqual(['lexpand_encoder_saturated_windows_total'])
})

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly runbook: string }
}

function rules(): Rule[] {
  const { groups } = parse(read('prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap((group) => group.rules)
}

test('every alert has its section in the runbook and links to it, and no section is without its alert', () => {
  const sections = [...read('runbook.md').matchAll(/^## (\S+)$/gm)].map(([, name]) => name)
  expect(sections).toEqual(rules().map(({ alert }) => alert))
  for (const { alert, annotations } of rules()) {
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`)
  }
})

test('every expression of alerts and dashboard is PromQL', () => {
  const expressions = [...rules().map(({ expr }) => expr), ...dashboardExpressions().split('\n')]
  const wrong = expressions.filter((expression) => {
    // A variable of Grafana takes the place of a duration in PromQL.
    const tree = parser.parse(expression.replaceAll('$__rate_interval', '5m'))
    let errors = 0
    tree.iterate({
      enter({ type }) {
        if (type.isError) errors++
      },
    })
    return errors > 0
  })
  expect(wrong).toEqual([])
  expect(expressions.length).toBeGreaterThan(30)
})
