/** Limits that discovery and response headers publish; each is a setting (EXT-27). */
export interface Limits {
  /** GR-LIST-05, GR-LIST-06: longest window of a list, and its default, in days. */
  listDays: number
  /** GR-LIST-07, A-52: most service requests in one list, and the default page size. */
  listRows: number
  /** GR-TOK-05: days for which a token can be exchanged after its id was assigned. */
  tokenDays: number
  /** EXT-35: longest long poll, in seconds. */
  waitSeconds: number
}

/** EXT-27: the limits as response headers. */
export function buildLimitHeaders({ listDays, listRows, tokenDays }: Limits): Record<string, string> {
  return {
    'x-list-max-rows': String(listRows),
    'x-list-max-days': String(listDays),
    'x-token-days': String(tokenDays),
  }
}
