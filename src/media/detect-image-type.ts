/** Accepted types (EXT-38). */
export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'] as const
export type ImageType = (typeof IMAGE_TYPES)[number]

/** Length of the beginning of a file that detectImageType needs. */
export const HEAD_BYTES = 32

const IMAGE_SIGNATURES: readonly [ImageType, RegExp][] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/webp', /^RIFF....WEBP/s],
  ['image/gif', /^GIF8[79]a/],
]

/** Other types, to name them in the error message. */
const OTHER_SIGNATURES: readonly [description: string, signature: RegExp][] = [
  ['a HEIC picture', /^....ftyp(hei|hev|mif1|msf1)/s],
  ['an AVIF picture', /^....ftypavi[fs]/s],
  ['a video', /^....(ftyp|moov|mdat)|^\x1aE\xdf\xa3/s],
  ['a TIFF or raw picture', /^(II\*\0|MM\0\*)/],
  ['a BMP picture', /^BM....\0\0\0\0/s],
  ['a PDF document', /^%PDF/],
  ['a ZIP archive', /^PK[\x03\x05\x07]/],
  ['a packed file', /^(\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd)/],
  ['an SVG drawing or a page', /^(\xef\xbb\xbf)?\s*<(svg|\?xml|!doctype|html)/i],
]

/** Detects the type of a file from its first HEAD_BYTES bytes; for other types, a description for an error message. */
export function detectImageType(head: Uint8Array): { type: ImageType } | { description: string } {
  const text = Buffer.from(head).toString('latin1')
  const [type] = IMAGE_SIGNATURES.find(([, signature]) => signature.test(text)) ?? []
  if (type) return { type }
  const [description] = OTHER_SIGNATURES.find(([, signature]) => signature.test(text)) ?? []
  return { description: description ?? 'no picture' }
}
