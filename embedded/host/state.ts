import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export const SERVICE_NAMES = ['opensearch', 'redis'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** Record of a started service, with which a later command finds, checks and stops it. */
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

/** A service that was started elsewhere; it is used, and never stopped. */
export interface FoundRecord {
  readonly kind: 'found'
  readonly url: string
  readonly version: string
  /** Empty, because the folder of a foreign service is unknown. */
  readonly dataDirectory: ''
  readonly startedAt: string
}

export type ServiceState = Partial<Record<ServiceName, ServiceRecord>>

/** Undefined for a container, whose processes have ids of their own, and for a foreign service. */
export function pidOf(record: ServiceRecord): number | undefined {
  return record.kind === 'process' ? record.pid : undefined
}

/** The services started by earlier commands; none when the file is missing, damaged, or of another format. */
export function readState(file: string): ServiceState {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // The file is missing or damaged: no service is known, and a taken port is noticed when a service starts.
    return {}
  }
  if (typeof content !== 'object' || content === null || !('format' in content) || content.format !== 1)
    return {}
  return 'services' in content ? (content.services as ServiceState) : {}
}

/** Replaces or removes the record of one service in one step: a reader sees the old file or the new one. */
export function recordService(file: string, name: ServiceName, record: ServiceRecord | undefined): void {
  const { [name]: _former, ...others } = readState(file)
  const services = record === undefined ? others : { ...others, [name]: record }
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, `${JSON.stringify({ format: 1, services }, undefined, 2)}\n`)
  renameSync(draft, file)
}
