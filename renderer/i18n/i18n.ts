/** The page's texts in both languages, one file a room. English is the source; Chinese must have the same keys. */
import { createI18n } from 'vue-i18n'
import * as en from './en/index.ts'
import * as zh from './zh-CN/index.ts'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

/** The same keys with any text. */
type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }
export type Messages = Texts<typeof en>

declare module 'vue-i18n' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- declaration merging is how vue-i18n learns the keys
  export interface DefineLocaleMessage extends Messages {}
}

// A key that one language lacks is an error here.
const messages = { en, 'zh-CN': zh } satisfies Record<Language, Messages>

export const i18n = createI18n({
  legacy: false,
  locale: 'en' as Language,
  fallbackLocale: 'en',
  messages: messages as unknown as Record<Language, Messages>
})

/** The language the system asks for, of those there are. */
export function preferredLanguage(wanted: readonly string[] = navigator.languages): Language {
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN'
    if (tag.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}
