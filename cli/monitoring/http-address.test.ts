import { Command } from 'commander'
import { expect, test } from 'vitest'
import {
  addressOf,
  DEFAULT_ADDRESS,
  type HttpFlags,
  isLoopback,
  parseAddress,
  withHttp,
  withQueueBoard,
} from './http-address.ts'

function flags(...args: string[]): HttpFlags {
  return withQueueBoard(withHttp(new Command().exitOverride())).parse(args, { from: 'user' }).opts()
}

test('nothing listens unless asked, and then on this machine only', () => {
  expect(addressOf(flags())).toBeUndefined()
  expect(addressOf(flags('--http'))).toEqual(DEFAULT_ADDRESS)
  expect(addressOf(flags('--ui'))).toEqual(DEFAULT_ADDRESS)
  expect(isLoopback(DEFAULT_ADDRESS.host)).toBe(true)
})

test.each([
  ['9464', '127.0.0.1', 9464],
  ['0.0.0.0:9500', '0.0.0.0', 9500],
  ['[::1]:1', '::1', 1],
  ['localhost:0', 'localhost', 0],
])('%s is an address', (text, host, port) => {
  expect(addressOf(flags('--http', text))).toEqual({ host, port })
})

test.each(['', 'x', '70000', 'host:', ':9464', '::1:9464', 'http://x:1', 'a b:1'])('%j is none', (text) => {
  expect(() => parseAddress(text)).toThrow('Expected PORT or HOST:PORT')
})

test('only loopback addresses count as this machine', () => {
  expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(isLoopback)).toEqual([true, true, true, true])
  expect(['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.0.0.1.example'].some(isLoopback)).toBe(false)
})
