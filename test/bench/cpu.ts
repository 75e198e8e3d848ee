import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import type { Server } from './servers.js'

/** Clock tick of /proc in milliseconds: USER_HZ is 100 on all common Linux systems. */
const TICK_MS = 10

/** CPU time by process id, in milliseconds. */
export type CpuTimes = Map<number, number>

/**
 * Returns user plus system time of a process in milliseconds; null without the process or without /proc.
 */
async function readProcessTime(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // The process name in parentheses may contain spaces. utime and stime are fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/**
 * Reads the CPU times of a server and of its database sessions. The database must run on this machine.
 */
export async function readCpuTimes(server: Server, admin: pg.Client): Promise<CpuTimes> {
  const { rows } = await admin.query<{ pid: number }>(
    'select pid from pg_stat_activity where application_name = $1 and datname = $2',
    [server.name, server.city.name],
  )
  const times: CpuTimes = new Map()
  for (const pid of [server.pid, ...rows.map((row) => row.pid)]) {
    const time = await readProcessTime(pid)
    if (time !== null) times.set(pid, time)
  }
  return times
}

/** CPU time of the server and of its database sessions. */
export interface Cpu {
  serverMs: number
  databaseMs: number
}

/** Computes CPU time per request between two readings. New sessions count from their start. */
export function computeCpu(server: Server, before: CpuTimes, after: CpuTimes, requests: number): Cpu {
  const cpu: Cpu = { serverMs: 0, databaseMs: 0 }
  for (const [pid, time] of after) {
    cpu[pid === server.pid ? 'serverMs' : 'databaseMs'] += (time - (before.get(pid) ?? 0)) / requests
  }
  return cpu
}

/** Whether the database processes are visible in /proc. */
export async function canReadDatabaseCpu(admin: pg.Client): Promise<boolean> {
  const { rows } = await admin.query<{ pid: number }>('select pg_backend_pid() as pid')
  const name = await readFile(`/proc/${rows[0]!.pid}/comm`, 'utf8').catch(() => '')
  return name.startsWith('postgres')
}
