#!/usr/bin/env node
import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { serve } from './app/serve.js'
import {
  type CommandContext,
  CommandFailure,
  type CommandOutput,
  type ExitCode,
  FAILED,
  USAGE,
} from './commands/command.js'
import { isServerListening, runOnServer } from './commands/ipc-client.js'
import { socketPath } from './commands/ipc-protocol.js'
import { DatabaseInUse, type RunRemoteCommand, startIpcServer } from './commands/ipc-server.js'
import { runProcesses } from './commands/processes.js'
import { runCommand } from './commands/program.js'
import { type Config, ConfigErrors, readConfig } from './config.js'
import { createLog, describeError } from './log.js'
import type { Database } from './store/database/database.js'
import { openDatabase } from './store/database/open-database.js'

/** What a shell shows for a program that SIGPIPE ended: 128 + 13. */
const BROKEN_PIPE = 141

let isOutputClosed = false
const writeResult = (line: string) => {
  if (!isOutputClosed) process.stdout.write(`${line}\n`)
}
const writeMessage = (line: string) => void process.stderr.write(`${line}\n`)

// After `georeport … | head` the command ends its work without further output: it may be changing the database.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (stream === process.stderr) return
    isOutputClosed = true
    process.exitCode = BROKEN_PIPE
  })

const exitCode = await main(process.argv.slice(2)).catch((error) => {
  // Only the operator's own terminal gets the message.
  writeMessage(error instanceof Error ? `georeport: ${error.message}` : 'georeport: failed')
  return FAILED
})
if (!isOutputClosed) process.exitCode = exitCode
// The channel to the primary process would keep a worker process alive.
if (cluster.isWorker) process.disconnect()

async function main(argv: string[]): Promise<ExitCode> {
  if (existsSync('.env')) process.loadEnvFile()
  let config: Config
  try {
    config = readConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    for (const problem of error.problems) writeMessage(problem)
    return USAGE
  }
  const isServe = argv[0] === 'serve'
  if (isServe && config.PROCESSES > 1 && cluster.isPrimary) {
    return (await runProcesses(config.PROCESSES, createLog(config.LOG_LEVEL))) as ExitCode
  }
  // Only one of several processes writes messages.
  const isSilent = cluster.isWorker && cluster.worker!.id > 1
  const output = {
    writeResult,
    writeMessage: isSilent ? () => {} : writeMessage,
    progress: createProgressBar(),
  }
  const runRemotely = () => runOnServer(socketPath(config.DATA_DIR), { argv, cwd: process.cwd() }, output)
  if (config.DATABASE_URL === undefined && !isServe && (await isServerListening(socketPath(config.DATA_DIR))))
    return runRemotely()
  try {
    return await runLocally(argv, config, output)
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) throw error
    // Another process opened the embedded database after the check above.
    if (!isServe) return runRemotely()
    throw new Error(`another process uses the database in ${config.DATA_DIR}`)
  }
}

/** Runs the command in this process, and closes the database afterwards. */
async function runLocally(argv: string[], config: Config, output: CommandOutput): Promise<ExitCode> {
  const log = createLog(config.LOG_LEVEL)
  let opened: Promise<Database> | null = null
  let stopIpcServer: () => Promise<void> = async () => {}

  async function claimAndOpen(onProgress: (text: string) => void): Promise<Database> {
    if (config.DATABASE_URL === undefined) {
      // The database files hold personal data: no access for group and others.
      process.umask(0o077)
      stopIpcServer = await startIpcServer(config.DATA_DIR, runRemoteCommand)
    }
    return openDatabase({
      url: config.DATABASE_URL,
      maxConnections: config.DATABASE_CONNECTIONS,
      statementTimeoutMs: config.STATEMENT_TIMEOUT,
      directory: config.DATA_DIR,
      cacheDirectory: config.CACHE_DIR,
      onProgress,
      onError: (error) => log.warn({ error: describeError(error) }, 'database connection lost'),
    })
  }
  const open = (onProgress: (text: string) => void) => {
    opened ??= claimAndOpen(onProgress)
    return opened
  }
  const runRemoteCommand: RunRemoteCommand = (command, clientOutput) => {
    const context = {
      config,
      ...command,
      ...clientOutput,
      openDatabase: () => open(clientOutput.writeMessage),
    }
    const refuseServe = async () => {
      throw new CommandFailure(`another process uses the database in ${config.DATA_DIR}`)
    }
    return runCommand(command.argv, context, refuseServe).catch((error): ExitCode => {
      log.error({ error: describeError(error) }, 'command failed')
      clientOutput.writeMessage(`georeport: ${error.message}`)
      return FAILED
    })
  }

  const context: CommandContext = {
    config,
    cwd: process.cwd(),
    ...output,
    openDatabase: () => open(() => {}),
  }
  try {
    return await runCommand(argv, context, async () => {
      const server = await serve(config, await open(output.writeMessage), log, output.writeMessage)
      await waitForStopSignal()
      await server.stop()
    })
  } finally {
    await stopIpcServer()
    await (opened as Promise<Database> | null)?.then(
      (database) => database.close(),
      () => {},
    )
  }
}

/** Resolves on SIGTERM or SIGINT. A second signal ends the process at once. */
function waitForStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}

/** Draws a progress bar on a terminal, and nothing elsewhere. */
function createProgressBar(): CommandOutput['progress'] {
  if (!process.stderr.isTTY) return () => {}
  let bar: SingleBar | null = null
  return (done, total) => {
    if (!bar) {
      bar = new SingleBar({
        format: '{bar} {percentage}% | {eta_formatted} left',
        hideCursor: true,
        clearOnComplete: true,
      })
      bar.start(total, 0)
    }
    bar.update(done)
    if (done >= total) bar.stop()
  }
}
