import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const SERVICE_NAMES = ['opensearch', 'redis'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** What is remembered of a started service, so that a later command finds, checks and stops it. */
export type ServiceRecord = ProcessRecord | ContainerRecord | FoundRecord

export interface ProcessRecord {
  readonly kind: 'process'
  readonly pid: number
  /** See `ProcessMark.began`. */
  readonly began: string
  readonly url: string
  readonly version: string
  readonly dataDirectory: string
  /** ISO 8601. */
  readonly startedAt: string
}

export interface ContainerRecord {
  readonly kind: 'container'
  /** Compose project. */
  readonly project: string
  readonly url: string
  readonly version: string
  /** Name of the volume. */
  readonly dataDirectory: string
  readonly startedAt: string
}

/** A service of somebody else's that is used, and never stopped. */
export interface FoundRecord {
  readonly kind: 'found'
  readonly url: string
  readonly version: string
  /** Unknown to us. */
  readonly dataDirectory: ''
  readonly startedAt: string
}

export type ServiceState = Partial<Record<ServiceName, ServiceRecord>>

/** Undefined for a container, whose processes are numbered apart from ours, and for what is not ours. */
export function pidOf(record: ServiceRecord): number | undefined {
  return record.kind === 'process' ? record.pid : undefined
}

/** The services started by earlier commands; none when the file is missing, of another format, or damaged. */
export function readState(file: string): ServiceState {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Missing or damaged: nothing is known to run, and a port that is taken is found when a service starts.
    return {}
  }
  if (typeof content !== 'object' || content === null || !('format' in content) || content.format !== 1)
    return {}
  return 'services' in content ? (content.services as ServiceState) : {}
}

/** Replaces the record of one service, or removes it, in one step: a reader sees the old file or the new one. */
export function recordService(file: string, name: ServiceName, record: ServiceRecord | undefined): void {
  const { [name]: _former, ...others } = readState(file)
  const services = record === undefined ? others : { ...others, [name]: record }
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, `${JSON.stringify({ format: 1, services }, undefined, 2)}\n`)
  renameSync(draft, file)
}
