/**
 * Entry of the child process that runs the model. It exists because `run` of onnxruntime-node blocks its event
 * loop (onnxruntime #19611) and crashes in worker threads (#24486); in the worker itself it would stop the
 * timers that renew job locks. Speaks the messages of onnx-messages.ts, one batch at a time.
 */
import type { FromChild, ToChild } from './onnx-messages.ts'
import { type OnnxSession, openSession } from './onnx-session.ts'

let session: OnnxSession | undefined

process.on('message', (message: ToChild) => void answer(message).then(send))
// The parent is gone, by whatever death: nobody can take a result any more.
process.on('disconnect', () => process.exit(0))
// A terminal or supervisor signals the whole group. The parent decides when its running batches are done.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

async function answer(message: ToChild): Promise<FromChild> {
  if (message.type === 'load') {
    try {
      session = await openSession(message.settings)
      return { type: 'ready' }
    } catch (error) {
      return { type: 'load_failed', message: messageOf(error) }
    }
  }
  try {
    if (session === undefined) throw new Error('encode was asked for before load')
    return { type: 'encoded', ...(await session.encode(message.inputIds, message.lengths)) }
  } catch (error) {
    return { type: 'encode_failed', message: messageOf(error) }
  }
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
