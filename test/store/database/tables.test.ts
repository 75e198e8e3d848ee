import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../harness/databases.js'

/** The table types of tables.ts and event-tables.ts: column names by table, and whether each column may be null. */
function readTableTypes(): Record<string, Record<string, boolean>> {
  const source = ['tables', 'event-tables']
    .map((file) => readFileSync(new URL(`../../../src/store/database/${file}.ts`, import.meta.url), 'utf8'))
    .join('\n')
  const names = [...source.matchAll(/^ {2}(\w+): (\w+Table)$/gm)].map(
    ([, table, type]) => [type!, table!] as const,
  )
  return Object.fromEntries(
    names.map(([type, table]) => {
      const body = new RegExp(`interface ${type} \\{\\n(.*?)\\n\\}`, 's').exec(source)![1]!
      const columns = [...body.matchAll(/^ {2}(\w+): (.+)$/gm)].map(([, column, of]) => [
        column!,
        of!.includes('null'),
      ])
      return [table, Object.fromEntries(columns)]
    }),
  )
}

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database?.close())

  test('the table types in TypeScript have the columns of the database', async () => {
    const { rows } = await sql<{ table_name: string; column_name: string; is_nullable: string }>`
      select c.table_name, c.column_name, c.is_nullable
        from information_schema.columns as c
        join information_schema.tables as t using (table_schema, table_name)
       where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> 'spatial_ref_sys'
       order by c.table_name, c.ordinal_position`.execute(database.store)
    const found: Record<string, Record<string, boolean>> = {}
    for (const { table_name, column_name, is_nullable } of rows) {
      found[table_name] = { ...found[table_name], [column_name]: is_nullable === 'YES' }
    }
    expect(readTableTypes()).toEqual(found)
  })

  test('constraints of the database refuse invalid rows', async () => {
    const service = `insert into service (jurisdiction_id, service_code, service_name, position) values ('a', 'S', 'S', 1)`
    await sql`insert into jurisdiction values ('a', 'a', 'UTC', 'en', 'c', 'k', '{number}', null, true, now())`.execute(
      database.store,
    )
    await sql.raw(service).execute(database.store)
    const request = (columns: string, values: string) =>
      `insert into service_request (jurisdiction_id, endpoint, service_code, requested_datetime, updated_datetime, ${columns})
       values ('a', 'production', 'S', '2026-01-02', '2026-01-02', ${values})`
    const refused = [
      service.replace("'S', 'S'", "'S,T', 'x'"),
      request('status', "'banana'"),
      request('service_request_id', "'0'"),
      request('geom', 'st_setsrid(st_makepoint(-91, 140), 4326)'),
      request('expected_datetime', "'infinity'"),
      request('id', '1')
        .replace("'2026-01-02', '2026-01-02'", "'2026-01-02', '2026-01-01'")
        .replace(', id)', ', zipcode)'),
      `insert into attribute values ('a', 'S', 'C', 0, true, 'string', false, '', '', null)`,
      `insert into attribute values ('a', 'S', 'C', 1, false, 'string', true, '', '', null)`,
      `insert into jurisdiction values ('b', 'b', 'UTC', 'en', 'c', 'k', 'no number', null, true, now())`,
    ]
    for (const statement of refused) {
      await expect(sql.raw(statement).execute(database.store), statement).rejects.toThrow(
        /violates check constraint/,
      )
    }
    await sql.raw(request('service_request_id', "'1'")).execute(database.store)
    await expect(sql.raw(request('service_request_id', "'1'")).execute(database.store)).rejects.toThrow(
      /duplicate key/,
    )
  })

  test('the database returns datetimes in the format of responses', async () => {
    const { rows } = await sql<{
      at: string
    }>`select timestamptz(0) '2026-03-02 20:05:11.4+02' as at`.execute(database.store)
    expect(rows[0]!.at).toBe('2026-03-02T18:05:11Z')
  })
})
