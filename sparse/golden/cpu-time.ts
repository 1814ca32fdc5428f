/** Milliseconds of processor time that `work` takes: unlike the wall clock, the same on a busy machine. */
export function cpuMilliseconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
