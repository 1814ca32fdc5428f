#!/usr/bin/env node
// Starts the command line on a Node that can run it. Plain JavaScript for Node 18: see node-24.mjs.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isNewEnough, nodeProgram } from './node-24.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// A checkout runs its sources, even beside an older build; the published package has only the build.
const source = join(root, 'cli', 'main.ts')
const main = existsSync(source) ? source : join(root, 'dist', 'cli', 'main.js')

if (main === source && !existsSync(join(root, 'node_modules'))) {
  process.stderr.write(
    `[lexpand] expected the npm packages in ${root}, got none. Run: npm run demo (or npm ci).\n`,
  )
  process.exit(1)
}
if (isNewEnough(process.version)) await import(pathToFileURL(main).href)
else passThrough(spawn(nodeProgram(root), [main, ...process.argv.slice(2)], { stdio: 'inherit' }))

/** This process represents the other one: it passes signals in and the exit status out. */
function passThrough(child) {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      // Ctrl-C on a terminal reaches both processes by itself, and a second signal would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.once('error', (error) => {
    process.stderr.write(
      `[node] expected ${child.spawnfile} to start, got ${error.message}. Delete its folder.\n`,
    )
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
