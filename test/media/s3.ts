import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'

export const BUCKET = 'pictures'

/** The fixed credentials of s3rver; the SDK reads them from the environment. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
Object.assign(process.env, CREDENTIALS)

/** Starts an S3 server with a bucket; `environment` configures georeport for it. */
export async function startS3() {
  const directory = await mkdtemp(join(tmpdir(), 'georeport-s3-'))
  const options = {
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  }
  const server = new S3rver(options)
  const { port } = await server.run()
  const endpoint = `http://127.0.0.1:${port}`
  return {
    endpoint,
    environment: { ...CREDENTIALS, MEDIA_S3_BUCKET: BUCKET, MEDIA_S3_ENDPOINT: endpoint },
    /** The names of the files in the bucket. */
    names: async () =>
      (await readdir(join(directory, BUCKET)))
        .map((name) => /^(.*)\._S3rver_object$/.exec(name)?.[1])
        .filter((name) => name !== undefined),
    close: async () => {
      await server.close()
      await rm(directory, { recursive: true })
    },
  }
}
