import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect } from 'vitest'
import { georeport, type ServerProcess } from '../harness/server-process.js'

const JURISDICTION = 'harbourview.example'

/** Addresses of the pictures that a service request shows; null: the server does not tell. */
export async function findPictureUrls(origin: string, id: string): Promise<string[] | null> {
  const url = `${origin}/open311/v2/requests/${id}.json?jurisdiction_id=${JURISDICTION}&extensions=true`
  const answer = await fetch(url).catch(() => null)
  const text = answer?.status === 200 ? await answer.text().catch(() => null) : null
  if (!text) return null
  const [{ extended_attributes }] = JSON.parse(text) as [{ extended_attributes: { media_urls: string[] } }]
  // The port is another one after each start.
  return extended_attributes.media_urls.map((url) => origin + new URL(url).pathname)
}

export async function getPictureUrls(
  { origin }: Pick<ServerProcess, 'origin'>,
  id: string,
): Promise<string[]> {
  return (await findPictureUrls(origin, id)) ?? expect.fail(`${id} cannot be read`)
}

/** The files of a picture, by the address of the larger one. */
export const getBothUrls = (url: string) => [url, url.replace('.jpg', '-thumbnail.jpg')]

/** A picture, and the small one, can be fetched and decoded. */
export async function expectServed(url: string): Promise<void> {
  for (const each of getBothUrls(url)) {
    const answer = await fetch(each)
    expect(answer.status).toBe(200)
    await sharp(Buffer.from(await answer.arrayBuffer())).stats()
  }
}

/** Files by their names, those on their way included. */
export async function listFiles({ environment }: Pick<ServerProcess, 'environment'>): Promise<string[]> {
  const all = await readdir(join(environment.DATA_DIR!, 'media'), { recursive: true, withFileTypes: true })
  return all
    .filter((each) => each.isFile())
    .map((each) => each.name)
    .sort()
}

/** What is known of pictures. */
export async function listMediaRows({
  environment,
}: Pick<ServerProcess, 'environment'>): Promise<{ media_id: string; service_request: number | null }[]> {
  const { out } = await georeport(
    environment,
    'sql',
    'select media_id, service_request from media order by 1',
  )
  return out === '' ? [] : out.split('\n').map((line) => JSON.parse(line))
}

/** The names of the files that there have to be. */
export const getExpectedFiles = (rows: readonly { media_id: string }[]) =>
  rows.flatMap(({ media_id }) => [`${media_id}.jpg`, `${media_id}-thumbnail.jpg`]).sort()

/** Every picture is one of a service request and has its files, and there are no others. */
export async function isConsistent(served: Pick<ServerProcess, 'environment'>): Promise<boolean> {
  const rows = await listMediaRows(served)
  const files = await listFiles(served)
  return rows.every((each) => each.service_request !== null) && files.join() === getExpectedFiles(rows).join()
}
