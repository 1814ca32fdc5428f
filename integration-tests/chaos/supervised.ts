import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A process that is started again whenever it ends, as a supervisor such as systemd does. */
export interface Supervised {
  /** Ends it with SIGKILL; it comes back by itself. */
  kill9(): Promise<void>
  /** Ends the process in order, for good. */
  stop(): Promise<void>
}

const RESTART_MS = 300

/**
 * @param settings first argument of the program, as JSON
 * @param logFile file for its standard error
 */
export function supervise(program: URL, settings: object, logFile: string): Supervised {
  const log = openSync(logFile, 'a')
  let child: ChildProcess
  let isStopped = false
  const start = () => {
    child = fork(fileURLToPath(program), [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', log, 'ipc'],
    })
    child.once('exit', async () => {
      await sleep(RESTART_MS)
      if (!isStopped) start()
    })
  }
  start()
  const end = async (signal: NodeJS.Signals) => {
    const dying = child
    if (dying.exitCode !== null || dying.signalCode !== null) return
    const gone = once(dying, 'exit')
    dying.kill(signal)
    await gone
  }
  return {
    kill9: () => end('SIGKILL'),
    async stop() {
      isStopped = true
      await end('SIGTERM')
      closeSync(log)
    },
  }
}
