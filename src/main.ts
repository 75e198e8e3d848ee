#!/usr/bin/env node
import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { serve } from './app/serve.js'
import { type CommandContext, CommandFailure, type ExitCode, FAILED, USAGE } from './commands/command.js'
import { isServerListening, runOnServer } from './commands/ipc-client.js'
import { DatabaseInUse, type RunRemoteCommand, socketPath, startIpcServer } from './commands/ipc-server.js'
import { runProcesses } from './commands/processes.js'
import { runCommand } from './commands/program.js'
import { type Config, ConfigErrors, readConfig } from './config.js'
import { createLog, describeError } from './log.js'
import type { Database } from './store/database/database.js'
import { openDatabase } from './store/database/open-database.js'

const out = (line: string) => void process.stdout.write(`${line}\n`)
const tell = (line: string) => void process.stderr.write(`${line}\n`)

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  // A command of an operator, on the operator's own terminal: the message helps, and goes nowhere else.
  tell(error instanceof Error ? `georeport: ${error.message}` : 'georeport: failed')
  return FAILED
})
// What a process of several is told by keeps it alive.
if (cluster.isWorker) process.disconnect()

async function main(argv: string[]): Promise<ExitCode> {
  if (existsSync('.env')) process.loadEnvFile()
  let config: Config
  try {
    config = readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    for (const fault of error.faults) tell(fault)
    return USAGE
  }
  const isServe = argv[0] === 'serve'
  if (isServe && config.PROCESSES > 1 && cluster.isPrimary) {
    return (await runProcesses(config.PROCESSES, createLog(config.LOG_LEVEL))) as ExitCode
  }
  // Of several processes, one speaks.
  const isSilent = cluster.isWorker && cluster.worker!.id > 1
  const output = { writeResult: out, writeMessage: isSilent ? () => {} : tell, progress: progressBar() }
  const asGuest = () => runOnServer(socketPath(config.DATA_DIR), { argv, cwd: process.cwd() }, output)
  if (config.DATABASE_URL === undefined && !isServe && (await isServerListening(socketPath(config.DATA_DIR))))
    return asGuest()
  try {
    return await runHere(argv, config, output)
  } catch (error) {
    // Another process opened the embedded database in this very moment.
    if (error instanceof DatabaseInUse && !isServe) return asGuest()
    if (error instanceof DatabaseInUse)
      throw new Error(`another process uses the database in ${config.DATA_DIR}`)
    throw error
  }
}

/** Runs the command in this process, which closes what it opened. */
async function runHere(
  argv: string[],
  config: Config,
  output: Pick<CommandContext, 'writeResult' | 'writeMessage' | 'progress'>,
): Promise<ExitCode> {
  const log = createLog(config.LOG_LEVEL)
  const onFault = (error: Error) => log.warn({ fault: describeError(error) }, 'database connection lost')
  let opened: Promise<Database> | null = null
  let leave: () => Promise<void> = async () => {}

  async function openHere(progress: (text: string) => void): Promise<Database> {
    if (config.DATABASE_URL === undefined) {
      // The files of the database hold personal data: they are for nobody else.
      process.umask(0o077)
      leave = await startIpcServer(config.DATA_DIR, runForGuest)
    }
    return openDatabase(config, { progress, onFault })
  }
  const open = (progress: (text: string) => void) => {
    opened ??= openHere(progress)
    return opened
  }
  const runForGuest: RunRemoteCommand = (command, guest) =>
    runCommand(
      command.argv,
      { config, ...command, ...guest, openDatabase: () => open(guest.writeMessage) },
      async () => {
        throw new CommandFailure(`another process uses the database in ${config.DATA_DIR}`)
      },
    ).catch((error): ExitCode => {
      log.error({ fault: describeError(error) }, 'command failed')
      guest.writeMessage(`georeport: ${error.message}`)
      return FAILED
    })

  const world = { config, cwd: process.cwd(), ...output, openDatabase: () => open(() => {}) }
  try {
    return await runCommand(argv, world, async () => {
      const serving = await serve(config, await open(output.writeMessage), log, output.writeMessage)
      await stopSignal()
      await serving.stop()
    })
  } finally {
    await leave()
    await (opened as Promise<Database> | null)?.then(
      (database) => database.close(),
      () => {},
    )
  }
}

/** Resolves when the process is asked to stop. Asking twice stops at once. */
function stopSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => done())
  })
}

/** A bar on the terminal, and nothing where there is none. */
function progressBar(): CommandContext['progress'] {
  if (!process.stderr.isTTY) return () => {}
  let bar: SingleBar | null = null
  return (done, all) => {
    if (!bar) {
      bar = new SingleBar({
        format: '{bar} {percentage}% | {eta_formatted} left',
        hideCursor: true,
        clearOnComplete: true,
      })
      bar.start(all, 0)
    }
    bar.update(done)
    if (done >= all) bar.stop()
  }
}
