import { LRUCache } from 'lru-cache'
import type { Store } from '../database/database.js'
import { PreparedStatement, runCoalesced } from '../database/prepared-statement.js'
import type { AccessChoice } from './access-path.js'
import type { ListPlan } from './list-plan.js'
import { buildListStatement, buildVersionStatement } from './list-statement.js'
import { parameterize, templateKey } from './statement-template.js'

/** What a list statement selects: full rows, or ids and versions for the row cache. */
export type Selection = 'rows' | 'versions'

const BUILDERS = { rows: buildListStatement, versions: buildVersionStatement }

/** Compiled statements by template: building one costs more than running it. */
const templates = new LRUCache<string, PreparedStatement<ListPlan>>({ max: 100 })

/**
 * Templates that sessions of the database prepare. They are never deallocated, so that their number
 * has to be limited.
 */
const serverPreparedKeys = new Set<string>()
const MAX_SERVER_PREPARED = 100

/** Runs the statement of a page; concurrent identical reads share one query. */
export async function runListStatement<Row extends readonly unknown[]>(
  store: Store,
  plan: ListPlan,
  access: AccessChoice,
  selection: Selection,
): Promise<Row[]> {
  const template = templateKey(plan, access.path)
  if (template !== null) return getStatement(plan, access, selection, template).run<Row>(store, plan)
  const query = BUILDERS[selection](plan, plan.skip + plan.rows, access.path).compile()
  return (await runCoalesced(store, { ...query, asArrays: true })) as Row[]
}

function getStatement(
  plan: ListPlan,
  { path, hasGenericPlan }: AccessChoice,
  selection: Selection,
  template: string,
): PreparedStatement<ListPlan> {
  const key = `${selection} ${template}`
  let statement = templates.get(key)
  if (!statement) {
    statement = new PreparedStatement(BUILDERS[selection](...parameterize(plan), path), {
      asArrays: true,
      isServerPrepared: hasGenericPlan && mayServerPrepare(key),
      isCoalesced: true,
    })
    templates.set(key, statement)
  }
  return statement
}

function mayServerPrepare(key: string): boolean {
  if (serverPreparedKeys.size < MAX_SERVER_PREPARED) serverPreparedKeys.add(key)
  return serverPreparedKeys.has(key)
}
