import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import type { MediaStorage } from './storage.js'

export interface S3Options {
  bucket: string
  region: string
  /** Of a server that is not Amazon's; undefined: Amazon's of the region. */
  endpoint: string | undefined
}

/** Milliseconds. */
const CONNECT_TIMEOUT_MS = 5000
const REQUEST_TIMEOUT_MS = 30_000

/** Files in a bucket of S3, or of a server that speaks its protocol. Credentials come from where the SDK looks for them. */
export function createS3Storage({ bucket: Bucket, region, endpoint }: S3Options): MediaStorage {
  const client = new S3Client({
    region,
    // Servers of one's own seldom have a host name for each bucket, or checksums of the newest kind.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
  })

  return {
    put: async (Key, Body) => {
      await client
        .send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'image/jpeg' }))
        .catch(translateError)
    },
    get: async (Key) => {
      const found = await client.send(new GetObjectCommand({ Bucket, Key })).catch((error) => {
        if (error instanceof NoSuchKey) return null
        return translateError(error)
      })
      if (!found) return null
      return {
        body: found.Body!.transformToWebStream() as ReadableStream<Uint8Array>,
        bytes: found.ContentLength!,
      }
    },
    remove: async (Key) => {
      await client.send(new DeleteObjectCommand({ Bucket, Key })).catch(translateError)
    },
  }
}

/** Faults of the other side pass, so they get the code of a connection that failed; ours, as a wrong bucket, do not. */
function translateError(error: unknown): never {
  const isTheirs = error instanceof S3ServiceException && error.$fault === 'server'
  if (isTheirs || (error as Error).name === 'TimeoutError')
    throw Object.assign(new Error('S3 does not answer', { cause: error }), { code: 'ECONNREFUSED' })
  throw error
}
