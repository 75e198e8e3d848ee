import { type Command, InvalidArgumentError, Option } from 'commander'
import { ENDPOINTS } from '../standard/terms.js'
import { DELIVERY_STATES, WEBHOOK_FORMATS } from '../standard/webhooks.js'
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

/** Adds the webhook commands (EXT-37). */
export function addWebhookCommands(program: Command, context: CommandContext): void {
  const webhooks = program.command('webhooks').description('manage webhooks')
  webhooks
    .command('create')
    .description('create a webhook and print its number and secret')
    .requiredOption('--jurisdiction <id>', 'jurisdiction of the service requests')
    .addOption(
      new Option('--endpoint <type>', 'endpoint of the service requests')
        .choices(ENDPOINTS)
        .default('production'),
    )
    .requiredOption('--url <url>', 'URL of the target')
    .addOption(
      new Option(
        '--format <format>',
        'format of messages: Standard Webhooks, or updates of GeoReport for another server',
      )
        .choices(WEBHOOK_FORMATS)
        .default('standard'),
    )
    .option('--service <codes>', 'only these service codes, separated by commas', parseList, [])
    .option('--area <areas>', 'only these areas, as TYPE:ID, separated by commas', parseList, [])
    .option('--service-request <id>', 'only this service request')
    .option(
      '--peer-key <number>',
      'only service requests submitted with this key, and no changes made with it',
      parseNumber,
    )
    .option('--private', 'include events that are not public')
    .option('--target-api-key <key>', 'api_key for the target, with the format fixmystreet')
    .option('--target-jurisdiction <id>', 'jurisdiction_id for the target, with the format fixmystreet')
    .action((options) => webhooksCreate(context, options))
  webhooks
    .command('list')
    .description('list all webhooks')
    .action(() => webhooksList(context))
  webhooks
    .command('remove <number>')
    .description('remove a webhook and its pending deliveries')
    .action((number) => webhooksRemove(context, number))
  webhooks
    .command('pause <number>')
    .description('pause a webhook; its deliveries stay pending')
    .action((number) => webhooksPause(context, number))
  webhooks
    .command('resume <number>')
    .description('resume a webhook and send pending deliveries at once')
    .action((number) => webhooksResume(context, number))
  webhooks
    .command('deliveries <number>')
    .description('list deliveries, newest first')
    .addOption(new Option('--state <state>', 'only deliveries in this state').choices(DELIVERY_STATES))
    .option('--position <position>', 'list all attempts of the delivery at this position', parseNumber)
    .option('--limit <count>', 'maximum number of deliveries', parseNumber, 100)
    .action((number, options) => webhooksDeliveries(context, number, options))
  webhooks
    .command('replay <number>')
    .description('send dead letters again')
    .option('--from <position>', 'send all deliveries from this position on again', parseNumber)
    .action((number, options) => webhooksReplay(context, number, options))
}

function parseList(text: string): string[] {
  return text.split(',').map((each) => each.trim())
}

function parseNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a number.')
  return Number(text)
}
