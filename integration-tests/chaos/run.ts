/**
 * `npm run chaos [-- --seed N]` and `npm run chaos:long [-- --nodes 3] [-- --owned] [-- --secured]`: exit 0 when nothing is lost or wrong. Secured: over TLS,
 * with least rights in engine and Redis, which are taken away and given back; certificates and passwords rotate.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ChaosResult, chaos } from './chaos.ts'
import { type ChaosPlan, LONG, SHORT } from './plan.ts'
import { startSecuredServices } from './secured/secured-services.ts'
import { startServices } from './services.ts'

const DUPLICATES_MAX = 0.05

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string' },
    documents: { type: 'string' },
    kills: { type: 'string' },
    nodes: { type: 'string' },
    owned: { type: 'boolean', default: false },
    secured: { type: 'boolean', default: false },
  },
})
const preset = values.long ? LONG : SHORT
const plan: ChaosPlan = {
  ...preset,
  seed: Number(values.seed ?? preset.seed),
  documents: Number(values.documents ?? preset.documents),
  kills: Number(values.kills ?? preset.kills),
  isOwned: values.owned,
  nodes: values.nodes === '3' ? 3 : preset.nodes,
}

const log = (line: string) => void process.stderr.write(`[chaos] ${line}\n`)
log(`starting ${plan.nodes} OpenSearch node(s) and Redis; seed ${plan.seed}`)
const folder = mkdtempSync(join(tmpdir(), 'lexpand-chaos-'))
const services = await (values.secured ? startSecuredServices(plan.nodes) : startServices(plan.nodes))
try {
  const result = await chaos(plan, services, folder, log)
  const isClean = isGood(result)
  if (isClean) rmSync(folder, { recursive: true })
  else log(`the logs of workers and sweepers are in ${folder}`)
  process.stdout.write(`${summary(result)}\n`)
  process.exitCode = isClean ? 0 : 1
} finally {
  await services.stop()
}

function isGood(result: ChaosResult): boolean {
  const { lost, resurrected, wrong, duplicates, encoded, isAuditClean, letters } = result
  const isComplete = lost.length + resurrected.length + wrong.length === 0
  return isComplete && isAuditClean && letters === 0 && duplicates <= encoded * DUPLICATES_MAX
}

function summary({ lost, resurrected, wrong, ...result }: ChaosResult): string {
  const share = ((100 * result.duplicates) / Math.max(1, result.encoded)).toFixed(1)
  const some = (ids: readonly string[]) =>
    `${ids.length}${ids.length > 0 ? ` (${ids.slice(0, 5).join(' ')})` : ''}`
  return [
    `kills ${result.kills}`,
    ...(result.troubles > 0 ? [`troubles ${result.troubles}`] : []),
    `documents ${result.documents}`,
    `writes ${result.writes}`,
    `duplicates ${result.duplicates} (${share}% of ${result.encoded} encoded)`,
    `lost ${some(lost)}`,
    `resurrected ${some(resurrected)}`,
    `wrong ${some(wrong)}`,
    `dead letters ${result.letters}`,
    `audit ${result.isAuditClean ? 'clean' : 'not clean'}`,
    `${result.seconds.toFixed(0)} s`,
  ].join(', ')
}
