/**
 * Entry of the child process that runs the model. It exists because `run` of onnxruntime-node blocks its event loop
 * (onnxruntime #19611) and crashes in worker threads (#24486); in the worker itself it would stop the timers that renew
 * job locks. It exchanges the messages of onnx-messages.ts; messages that come while it encodes wait.
 */
import type { FromChild, ToChild } from './onnx-messages.ts'
import type { OnnxSession } from './onnx-session.ts'

let session: OnnxSession | undefined

let line: Promise<unknown> = Promise.resolve()

process.on('message', (message: ToChild) => {
  line = line.then(() => answer(message)).then(send)
})
// The parent is gone, so no result can be delivered.
process.on('disconnect', () => process.exit(0))
// A terminal or supervisor signals the whole group. The parent decides when its running batches are done.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

async function answer(message: ToChild): Promise<FromChild> {
  if (message.type === 'load') {
    try {
      const { openSession } = await import('./onnx-session.ts')
      session = await openSession(message.settings)
      return { type: 'ready' }
    } catch (error) {
      return { type: 'load_failed', message: messageOf(error) }
    }
  }
  try {
    if (session === undefined) throw new Error('encode was asked for before load')
    const startedAt = performance.now()
    const batch = await session.encode(message.inputIds, message.lengths)
    return { type: 'encoded', ...batch, ms: performance.now() - startedAt }
  } catch (error) {
    return { type: 'encode_failed', message: messageOf(error) }
  }
}

/** Resolves when the message is on its way: the next batch blocks this event loop and with it all unsent messages. */
function send(message: FromChild): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
    else resolve()
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
