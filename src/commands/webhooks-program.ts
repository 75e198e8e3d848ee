import { type Command, InvalidArgumentError, Option } from 'commander'
import { ENDPOINTS } from '../standard/terms.js'
import { DELIVERY_STATES, WEBHOOK_FORMS } from '../standard/webhooks.js'
import type { CommandContext } from './command.js'
import {
  webhooksCreate,
  webhooksDeliveries,
  webhooksList,
  webhooksPause,
  webhooksRemove,
  webhooksReplay,
  webhooksResume,
} from './webhooks.js'

/** Adds the commands about webhooks (EXT-37). */
export function addWebhookCommands(program: Command, world: CommandContext): void {
  const webhooks = program.command('webhooks').description('who is told what happens to service requests')
  webhooks
    .command('create')
    .description('print the number and the secret of a new webhook')
    .requiredOption('--jurisdiction <id>', 'whose service requests')
    .addOption(new Option('--endpoint <type>', 'which of them').choices(ENDPOINTS).default('production'))
    .requiredOption('--url <address>', 'where it is told')
    .addOption(
      new Option('--form <form>', 'as a Standard Webhook, or as an update to another server')
        .choices(WEBHOOK_FORMS)
        .default('standard'),
    )
    .option('--service <codes>', 'only of these services', parseList, [])
    .option('--area <areas>', 'only in these areas, as TYPE:ID', parseList, [])
    .option('--service-request <id>', 'only of this service request')
    .option(
      '--peer-key <number>',
      'only of what was filed with that key, not of what was done with it',
      parseNumber,
    )
    .option('--private', 'also of what is not public')
    .option('--target-key <key>', 'the api_key that the target of the form fixmystreet wants')
    .option('--target-jurisdiction <id>', 'the jurisdiction_id that it wants')
    .action((options) => webhooksCreate(world, options))
  webhooks
    .command('list')
    .description('print all webhooks')
    .action(() => webhooksList(world))
  webhooks
    .command('remove <number>')
    .description('remove a webhook, and what waits for it')
    .action((number) => webhooksRemove(world, number))
  webhooks
    .command('pause <number>')
    .description('send nothing more for now; deliveries wait')
    .action((number) => webhooksPause(world, number))
  webhooks
    .command('resume <number>')
    .description('send again, and at once')
    .action((number) => webhooksResume(world, number))
  webhooks
    .command('deliveries <number>')
    .description('print what was sent and what waits, newest first')
    .addOption(new Option('--state <state>', 'only those').choices(DELIVERY_STATES))
    .option('--position <position>', 'every attempt at that one', parseNumber)
    .option('--limit <count>', 'at most so many', parseNumber, 100)
    .action((number, options) => webhooksDeliveries(world, number, options))
  webhooks
    .command('replay <number>')
    .description('send again what was given up')
    .option('--from <position>', 'everything from that position on', parseNumber)
    .action((number, options) => webhooksReplay(world, number, options))
}

function parseList(text: string): string[] {
  return text.split(',').map((each) => each.trim())
}

function parseNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It has to be a number.')
  return Number(text)
}
