type Ssl = false | { rejectUnauthorized: false }

/** libpq does not verify the certificate in these modes. */
const UNVERIFIED = { rejectUnauthorized: false } as const

/** The values of sslmode that fall back, which node-postgres lacks: both settings in the order of libpq. */
const FALLBACK_ORDER = { prefer: [UNVERIFIED, false], allow: [false, UNVERIFIED] } as const

const FALLBACK_MODE = /([?&])sslmode=(prefer|allow)(&|$)/

/** Connects like libpq if the URL has sslmode=prefer or sslmode=allow. */
export interface SslMode {
  /** The URL without the sslmode that is handled here. */
  url: string
  /** Calls `connect` with the setting that worked last, and with the other one if the server rejects that. */
  connect<Connected>(connect: (options: { ssl?: Ssl }) => Promise<Connected>): Promise<Connected>
}

export function readSslMode(url: string): SslMode {
  const mode = FALLBACK_MODE.exec(url)?.[2] as keyof typeof FALLBACK_ORDER | undefined
  if (mode === undefined) return { url, connect: (connect) => connect({}) }
  let [current, other]: readonly [Ssl, Ssl] = FALLBACK_ORDER[mode]
  return {
    url: url.replace(FALLBACK_MODE, (_, start: string, __, end: string) => (end === '' ? '' : start)),
    connect: async (connect) => {
      const [first, second] = [current, other]
      try {
        return await connect({ ssl: first })
      } catch (error) {
        if (!isSslRejection(error)) throw error
        const connected = await connect({ ssl: second })
        ;[current, other] = [second, first]
        return connected
      }
    },
  }
}

/** True if the server has no TLS, the handshake failed, or pg_hba.conf demands the other setting (SQLSTATE 28000). */
function isSslRejection(error: unknown): boolean {
  const { code, message } = error as Error & { code?: unknown }
  return (
    code === '28000' || /^(ERR_SSL|ERR_TLS|EPROTO)/.test(String(code)) || /\bSSL connection/.test(message)
  )
}
