import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import type { Server } from './servers.js'

/** Milliseconds of a tick of /proc: 100 a second on every Linux one meets. */
const TICK = 10

/** CPU time so far, in milliseconds by process. */
export type CpuTimes = Map<number, number>

/** User and system time of a process; null if there is none, or no /proc. */
async function timeOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // The name in brackets may hold anything; utime and stime are the 14th and 15th field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK
}

/** The CPU time of a server and of its sessions in the database, which has to run on this machine. */
export async function cpuTimes(server: Server, admin: pg.Client): Promise<CpuTimes> {
  const { rows } = await admin.query<{ pid: number }>(
    'select pid from pg_stat_activity where application_name = $1 and datname = $2',
    [server.name, server.city.name],
  )
  const times: CpuTimes = new Map()
  for (const pid of [server.pid, ...rows.map((row) => row.pid)]) {
    const time = await timeOf(pid)
    if (time !== null) times.set(pid, time)
  }
  return times
}

/** CPU milliseconds of the server and of its sessions in the database. */
export interface Cpu {
  server: number
  database: number
}

/** CPU time a call from one reading to the next; a session begun meanwhile counts from its start. */
export function cpuBetween(server: Server, before: CpuTimes, after: CpuTimes, calls: number): Cpu {
  const cpu: Cpu = { server: 0, database: 0 }
  for (const [pid, time] of after) {
    cpu[pid === server.pid ? 'server' : 'database'] += (time - (before.get(pid) ?? 0)) / calls
  }
  return cpu
}

/** Whether the processes of the database can be seen from here. */
export async function seesDatabase(admin: pg.Client): Promise<boolean> {
  const { rows } = await admin.query<{ pid: number }>('select pg_backend_pid() as pid')
  const name = await readFile(`/proc/${rows[0]!.pid}/comm`, 'utf8').catch(() => '')
  return name.startsWith('postgres')
}
