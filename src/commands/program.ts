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

/** Runs one command of the command line; `serve` is given by the caller, who alone can be a server. */
export async function runCommand(
  argv: string[],
  world: CommandContext,
  serve: () => Promise<void>,
): Promise<ExitCode> {
  let exit: ExitCode = DONE
  const program = new Command('georeport')
    .description('The Open311 GeoReport v2 server')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.writeResult(text.replace(/\n$/, '')),
      writeErr: (text) => world.writeMessage(text.replace(/\n$/, '')),
    })
  program.command('serve').description('run the server').action(serve)
  program
    .command('migrate')
    .description('bring the database to the newest schema')
    .action(() => migrateCommand(world))
  program
    .command('load <directory>')
    .description('make jurisdictions, services and areas what the files of a folder say')
    .action((directory) => load(world, directory))
  program
    .command('unload <jurisdiction>')
    .description('remove a jurisdiction')
    .option('--with-service-requests', 'and all its service requests, for ever')
    .action((jurisdiction, options) => unload(world, jurisdiction, options))
  program
    .command('check <directory>')
    .description('say what is wrong with such a folder, without a database')
    .action((directory) => check(world, directory))
  program
    .command('route [directory]')
    .description('give open service requests the agencies that the routes of the catalog say')
    .requiredOption('--since <date>', 'look at those made since then')
    .option('--dry-run', 'only say what would change; with a folder, as if that were loaded')
    .action((directory, options) => route(world, directory, options))
  program
    .command('import')
    .description('bring in service requests of other systems')
    .command('csv <file>')
    .description('from CSV, also packed (.gz)')
    .requiredOption('--jurisdiction <id>', 'whose service requests they are')
    .addOption(new Option('--endpoint <type>', 'where they belong').choices(ENDPOINTS).default('production'))
    .option('--rejects <file>', 'write the refused rows with their reasons there')
    .action(async (file, options) => {
      exit = await importCsv(world, file, options)
    })
  const keys = program.command('keys').description('who may file service requests')
  keys
    .command('create')
    .description('print a new key')
    .requiredOption('--name <name>', 'whose key it is')
    .option('--jurisdiction <id>', 'limit it to one jurisdiction')
    .option('--scope <scopes>', 'what it is good for', parseScopes, ['report'])
    .action((options) => keysCreate(world, options))
  keys
    .command('list')
    .description('print all keys')
    .action(() => keysList(world))
  keys
    .command('revoke <number>')
    .description('make a key useless')
    .action((number) => keysRevoke(world, number))
  const tokens = program.command('tokens').description('batch service requests that wait for their id')
  tokens
    .command('list')
    .description('print the tokens that wait')
    .action(() => tokensList(world))
  tokens
    .command('resolve <token>')
    .description('give the service request of a token its id and print it')
    .option('--id <service_request_id>', 'an id of your own; default: the next')
    .action((token, options) => tokensResolve(world, token, options))
  addWebhookCommands(program, world)
  program
    .command('sql <statement>')
    .description('run one SQL statement and print its rows as JSON, one a line')
    .action((statement) => sqlCommand(world, statement))

  for (const command of [program, ...listDescendants(program)]) {
    command.exitOverride().copyInheritedSettings(program)
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE
    if (error instanceof CommandFailure || error instanceof CatalogErrors || error instanceof HeaderError) {
      world.writeMessage(error.message)
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
