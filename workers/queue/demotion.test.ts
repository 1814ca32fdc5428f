import { describe, expect, test, vi } from 'vitest'
import { againAfterDemotion, reconnectWhenDemoted } from './demotion.ts'

const READONLY = new Error("READONLY You can't write against a read only replica.")

describe('a Redis that was demoted', () => {
  test('is left for a new connection, on which the command is sent again; other errors are the caller’s', () => {
    const of = reconnectWhenDemoted(true)
    expect(of(READONLY)).toBe(2)
    // The error as a script reports it, and that of a blocked command.
    expect(of(new Error('ERR Error running script: @user_script:1: -READONLY You can’t write'))).toBe(2)
    expect(of(new Error('UNBLOCKED force unblock from blocking operation, instance state changed'))).toBe(2)
    expect(of(new Error('ERR unknown command'))).toBe(false)
  })

  test('that stays a replica is an error after seven seconds for who waits, and never for a worker', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const [queue, worker] = [reconnectWhenDemoted(false), reconnectWhenDemoted(true)]
    for (let second = 0; second <= 7; second++, vi.advanceTimersByTime(1_000)) expect(queue(READONLY)).toBe(2)
    expect(queue(READONLY)).toBe(false)
    expect(worker(READONLY)).toBe(2)
    // A later failover.
    vi.advanceTimersByTime(60_000)
    expect(queue(READONLY)).toBe(2)
    vi.useRealTimers()
  })

  test('is left, too, when the refusal stands inside the answer of a transaction', async () => {
    const disconnect = vi.fn()
    let calls = 0
    const work = async () => {
      if (calls++ === 0) throw READONLY
      return 'done'
    }
    expect(await againAfterDemotion({ disconnect } as never, work)).toBe('done')
    expect(disconnect).toHaveBeenCalledExactlyOnceWith(true)
    await expect(
      againAfterDemotion({ disconnect } as never, () => Promise.reject(new Error('other'))),
    ).rejects.toThrow('other')
  })
})
