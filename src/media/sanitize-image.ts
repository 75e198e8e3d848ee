import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { secondNatureOf } from './polyglot.js'
import type { Upload } from './uploads.js'

/** A picture as it is kept, always JPEG: nothing of the file that was sent is in it but what can be seen. */
export interface Cleaned {
  whole: Buffer
  thumbnail: Buffer
  width: number
  height: number
}

/** Why a file cannot be kept, to be read after its name. */
export interface Unclean {
  why: string
}

/** Pixels of the longer side: more is scaled down. */
const LARGEST = 4096
const THUMBNAIL = 480
/** Seconds. */
const LONGEST = 30

// Nothing is kept from one picture for the next, and no other loader ever sees what strangers send.
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'],
})

/**
 * Decodes a file and writes it anew: turned as its EXIF says, without EXIF, GPS and all other metadata (EXT-38), in
 * sRGB, transparency white. Damaged, moving and too large pictures are not kept; `mostPixels` is looked at before any is
 * decoded.
 */
export async function clean({ path, type }: Upload, mostPixels: number): Promise<Cleaned | Unclean> {
  const bytes = await readFile(path)
  const second = await secondNatureOf(bytes)
  if (second) return { why: `is also ${second}; send a picture that is nothing else.` }
  try {
    const { format, width, height, pages = 1 } = await sharp(bytes, { limitInputPixels: false }).metadata()
    if (`image/${format}` !== type) return { why: 'is not what it begins like.' }
    if (width * height > mostPixels)
      return { why: `has ${width} by ${height} pixels; at most ${mostPixels} are taken.` }
    if (pages > 1) return { why: 'moves; send a still picture.' }
    const { data: whole, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: mostPixels })
      .autoOrient()
      .resize(LARGEST, LARGEST, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 85 })
      .timeout({ seconds: LONGEST })
      .toBuffer({ resolveWithObject: true })
    const thumbnail = await sharp(whole)
      .resize(THUMBNAIL, THUMBNAIL, { fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 80 })
      .toBuffer()
    return { whole, thumbnail, width: info.width, height: info.height }
  } catch {
    return { why: 'is damaged, or not the picture that it begins like.' }
  }
}
