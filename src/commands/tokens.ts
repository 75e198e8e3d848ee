import { formatDatetime } from '../standard/datetime.js'
import { isIdTaken, listPendingTokens, resolveToken } from '../store/service-requests/tokens.js'
import { type CommandContext, CommandFailure } from './command.js'

/** Prints the tokens that wait for an id: token, jurisdiction, endpoint, service_code, when requested; by tabs. */
export async function tokensList(world: CommandContext): Promise<void> {
  const { store } = await world.openDatabase()
  for (const {
    token,
    jurisdiction_id,
    endpoint,
    service_code,
    requested_datetime,
  } of await listPendingTokens(store)) {
    world.writeResult([token, jurisdiction_id, endpoint, service_code, requested_datetime].join('\t'))
  }
}

/** Gives a batch service request its id and prints it. */
export async function tokensResolve(
  world: CommandContext,
  token: string,
  { id }: { id?: string },
): Promise<void> {
  const { store } = await world.openDatabase()
  const now = formatDatetime(Date.now())
  const service_request_id = await resolveToken(store, { token, service_request_id: id, now }).catch(
    (error) => {
      if (isIdTaken(error)) throw new CommandFailure(`The id ${id} is taken.`)
      throw error
    },
  )
  if (service_request_id === undefined) throw new CommandFailure('There is no such token.')
  world.writeResult(service_request_id)
}
