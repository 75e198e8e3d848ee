/** Maximum length of a description, in code points (GR-POST-09, A-32). */
export const MAX_DESCRIPTION_LENGTH = 4000
/** Maximum length of any other text argument, in code points. */
export const MAX_TEXT_LENGTH = 1000
/** Maximum length of a URL, in characters. */
export const MAX_URL_LENGTH = 2000
