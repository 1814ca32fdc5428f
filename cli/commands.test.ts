import { Command } from 'commander'
import { expect, test } from 'vitest'
import { COMMANDS, isCommand } from './commands.ts'

test.each(Object.entries(COMMANDS))(
  '%s is registered by the file that stands for it, and by no other',
  async (name, load) => {
    const program = new Command()
    const { register } = await load()
    register(program)
    expect(program.commands.map((command) => command.name())).toEqual([name])
    expect(program.commands.flatMap((command) => command.aliases())).toEqual([])
  },
)

test.each(['help', '--help', '', 'constructor', '__proto__'])('%j is no command of its own', (name) => {
  expect(isCommand(name)).toBe(false)
})
