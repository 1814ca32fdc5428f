import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { HonoAdapter } from '@bull-board/hono'
import { serveStatic } from '@hono/node-server/serve-static'
import type { Hono } from 'hono'
import type { EncodeQueue } from '../../workers/index.ts'
import { BOARD_PATH } from './http-app.ts'

/**
 * bull-board's pages for the queue. They are read-only: the buttons for repeating and removing jobs ignore the states
 * of documents, and anybody who can open the page could press them. `lexpand dead replay` and `lexpand sweep` do the
 * same correctly.
 */
export function queueBoard({ jobs }: EncodeQueue): Hono {
  const adapter = new HonoAdapter(serveStatic).setBasePath(BOARD_PATH)
  createBullBoard({
    queues: [new BullMQAdapter(jobs, { readOnlyMode: true, allowRetries: false })],
    serverAdapter: adapter,
    options: {
      uiConfig: { boardTitle: 'Lexpand', hideRedisDetails: true, hideDocsLink: true, sortQueues: true },
    },
  })
  return adapter.registerPlugin() as unknown as Hono
}
