import { drawNoise } from '../media/pictures.js'
import { findPictureUrls } from './stored-pictures.js'

const SCOPE = { jurisdiction_id: 'harbourview.example', service_code: 'POTHOLE' }

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

/** What residents and the city were told that it is done, by the mark that they put on it. */
export interface Acknowledged {
  /** Service requests: their ids, and with how many pictures they were filed. */
  filed: Map<string, { id: string; pictures: number }>
  /** Updates: their ids. */
  updates: Map<string, string>
  /** Service requests that are erased: the paths of the pictures that they had. */
  erased: Map<string, string[]>
  /** Marks of those that were to be erased, answered or not. */
  erasing: Set<string>
}

/**
 * Four that file service requests, say what became of them and have some erased, each call until it is answered: every
 * third one is filed with one or two pictures, and every second one of those is erased.
 */
export async function startResidents(origin: () => string, key: string) {
  const acknowledged: Acknowledged = {
    filed: new Map(),
    updates: new Map(),
    erased: new Map(),
    erasing: new Set(),
  }
  const { filed, updates: said, erased, erasing } = acknowledged
  const photos = [
    new Blob([new Uint8Array(await drawNoise(90, 60).jpeg().toBuffer())]),
    new Blob([new Uint8Array(await drawNoise(40, 60).png().toBuffer())]),
  ]
  let isRunning = true

  /** Until it gives something; null: it never did. */
  async function persist<Result>(attempt: () => Promise<Result | null>): Promise<Result | null> {
    for (;;) {
      const result = await attempt()
      if (result !== null || !isRunning) return result
      await wait(50)
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever is answered
  const post = (path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<any> =>
    persist(async () => {
      const signal = AbortSignal.timeout(5000)
      const answer = await fetch(origin() + path, { method: 'POST', headers, body, signal }).catch(() => null)
      const text = answer?.status === 200 ? await answer.text().catch(() => null) : null
      if (text) return JSON.parse(text)
      // What is refused would be refused for ever.
      if (answer && answer.status >= 400 && answer.status < 500)
        throw new Error(`${answer.status} ${await answer.text()}`)
      return null
    })

  async function file(mark: string, pictures: number): Promise<string | null> {
    const body = new FormData()
    const fields = { ...SCOPE, api_key: key, address_string: 'Quay 1', description: mark }
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    for (const photo of photos.slice(0, pictures)) body.append('photo', photo, 'photo')
    const answer = await post('/open311/v2/requests.json', body, { 'idempotency-key': mark })
    if (!answer) return null
    const id: string = answer[0].service_request_id
    filed.set(mark, { id, pictures })
    return id
  }

  async function say(mark: string, service_request_id: string, status: string): Promise<void> {
    const { jurisdiction_id } = SCOPE
    const update = { service_request_id, update_id: mark, description: `done ${mark}`, status }
    const body = new URLSearchParams({ api_key: key, jurisdiction_id, ...update })
    const answer = await post('/open311/v2/servicerequestupdates.json', body)
    if (answer) said.set(mark, answer[0].update_id)
  }

  async function erase(mark: string, id: string): Promise<void> {
    const urls = await persist(() => findPictureUrls(origin(), id))
    if (!urls) return
    erasing.add(mark)
    const path = `/city/v1/requests/${id}/erase?jurisdiction_id=${SCOPE.jurisdiction_id}`
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    if (await post(path, '{}', headers))
      erased.set(
        mark,
        urls.map((url) => new URL(url).pathname),
      )
  }

  async function live(name: number): Promise<void> {
    for (let number = 0; isRunning; number++) {
      const mark = `${name}-${number}`
      const pictures = number % 3 === 0 ? 1 + (number % 2) : 0
      const id = await file(mark, pictures)
      if (id) await say(mark, id, number % 2 ? 'FIXED' : 'OPEN')
      if (id && pictures > 0 && number % 4 < 2) await erase(mark, id)
    }
  }

  const running = Promise.all([1, 2, 3, 4].map(live))
  return {
    acknowledged,
    stop: async () => {
      isRunning = false
      await running
    },
  }
}
