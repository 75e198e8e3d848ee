import { formatDatetime } from '../standard/datetime.js'
import { isIdTaken, listPendingTokens, resolveToken } from '../store/service-requests/tokens.js'
import { type CommandContext, CommandFailure } from './command.js'

/**
 * Prints the tokens without a service_request_id: token, jurisdiction_id, endpoint, service_code, requested_datetime;
 * separated by tabs.
 */
export async function tokensList(context: CommandContext): Promise<void> {
  const { store } = await context.openDatabase()
  for (const {
    token,
    jurisdiction_id,
    endpoint,
    service_code,
    requested_datetime,
  } of await listPendingTokens(store)) {
    context.writeResult([token, jurisdiction_id, endpoint, service_code, requested_datetime].join('\t'))
  }
}

/** Assigns the service_request_id of a batch service request and prints it. */
export async function tokensResolve(
  context: CommandContext,
  token: string,
  { id }: { id?: string },
): Promise<void> {
  const { store } = await context.openDatabase()
  const now = formatDatetime(Date.now())
  const service_request_id = await resolveToken(store, { token, service_request_id: id, now }).catch(
    (error) => {
      if (isIdTaken(error)) throw new CommandFailure(`The id ${id} is already used.`)
      throw error
    },
  )
  if (service_request_id === undefined) throw new CommandFailure('There is no such token.')
  context.writeResult(service_request_id)
}
