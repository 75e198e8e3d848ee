import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { CatalogErrors } from '../catalog/catalog-errors.js'
import { HeaderError } from '../import/read-csv.js'
import { ENDPOINTS, SCOPES, type Scope } from '../standard/terms.js'
import { type CommandContext, CommandFailure, DONE, type ExitCode, FAILED, USAGE } from './command.js'
import { importCsv } from './import-csv.js'
import { keysCreate, keysList, keysRevoke } from './keys.js'
import { check, load } from './load.js'
import { migrateCommand } from './migrate.js'
import { route } from './route.js'
import { sqlCommand } from './sql.js'
import { tokensList, tokensResolve } from './tokens.js'
import { unload } from './unload.js'
import { addWebhookCommands } from './webhooks-program.js'

/** Parses and runs one command. `serve` runs the server: only the main process can do that. */
export async function runCommand(
  argv: string[],
  context: CommandContext,
  serve: () => Promise<void>,
): Promise<ExitCode> {
  let exit: ExitCode = DONE
  const program = new Command('georeport')
    .description('The Open311 GeoReport v2 server')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.writeResult(text.replace(/\n$/, '')),
      writeErr: (text) => context.writeMessage(text.replace(/\n$/, '')),
    })
  program.command('serve').description('run the server').action(serve)
  program
    .command('migrate')
    .description('migrate the database to the newest schema')
    .action(() => migrateCommand(context))
  program
    .command('load <directory>')
    .description('load jurisdictions, services and areas from a directory')
    .action((directory) => load(context, directory))
  program
    .command('unload <jurisdiction>')
    .description('remove a jurisdiction')
    .option('--with-service-requests', 'also remove all its service requests, permanently')
    .action((jurisdiction, options) => unload(context, jurisdiction, options))
  program
    .command('check <directory>')
    .description('check the files of a directory for errors, without a database')
    .action((directory) => check(context, directory))
  program
    .command('route [directory]')
    .description('assign open service requests to agencies by the routes of the catalog')
    .requiredOption('--since <date>', 'only service requests submitted since this date')
    .option('--dry-run', 'print the changes without making them; with a directory, by its routes')
    .action((directory, options) => route(context, directory, options))
  program
    .command('import')
    .description('import service requests from other systems')
    .command('csv <file>')
    .description('import a CSV file, plain or compressed (.gz)')
    .requiredOption('--jurisdiction <id>', 'jurisdiction of the service requests')
    .addOption(
      new Option('--endpoint <type>', 'endpoint of the service requests')
        .choices(ENDPOINTS)
        .default('production'),
    )
    .option('--rejects <file>', 'write refused rows with their reasons to this file')
    .action(async (file, options) => {
      exit = await importCsv(context, file, options)
    })
  const keys = program.command('keys').description('manage API keys')
  keys
    .command('create')
    .description('create a key and print it')
    .requiredOption('--name <name>', 'name of the key, such as its holder')
    .option('--jurisdiction <id>', 'limit the key to one jurisdiction')
    .option('--scope <scopes>', `scopes of the key, separated by commas: ${SCOPES.join(', ')}`, parseScopes, [
      'report',
    ])
    .action((options) => keysCreate(context, options))
  keys
    .command('list')
    .description('list all keys')
    .action(() => keysList(context))
  keys
    .command('revoke <number>')
    .description('revoke a key and pause its webhooks')
    .action((number) => keysRevoke(context, number))
  const tokens = program.command('tokens').description('manage tokens of batch service requests')
  tokens
    .command('list')
    .description('list tokens without a service_request_id')
    .action(() => tokensList(context))
  tokens
    .command('resolve <token>')
    .description('assign the service_request_id of a token and print it')
    .option('--id <service_request_id>', 'id from another system; default: the next id')
    .action((token, options) => tokensResolve(context, token, options))
  addWebhookCommands(program, context)
  program
    .command('sql <statement>')
    .description('run one SQL statement and print its rows as JSON, one per line')
    .action((statement) => sqlCommand(context, statement))

  for (const command of [program, ...listDescendants(program)]) {
    command.exitOverride().copyInheritedSettings(program)
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE
    if (error instanceof CommandFailure || error instanceof CatalogErrors || error instanceof HeaderError) {
      context.writeMessage(error.message)
      return FAILED
    }
    throw error
  }
}

function listDescendants(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...listDescendants(each)])
}

function parseScopes(text: string): Scope[] {
  const scopes = text.split(',').map((each) => each.trim())
  if (!scopes.every((each) => (SCOPES as readonly string[]).includes(each))) {
    throw new InvalidArgumentError(`The scopes are: ${SCOPES.join(', ')}.`)
  }
  return scopes as Scope[]
}
