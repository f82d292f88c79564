/** Language, theme, presentation size, threads and provider: kept by the lab, shown by the page. */
import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'
import type { Settings } from '../../electron/contract/system.ts'
import { i18n, preferredLanguage } from '../i18n/i18n.ts'
import { call, on } from '../lab.ts'

/** What holds until the lab has answered. */
export const initialSettings = (): Settings => ({
  language: preferredLanguage(),
  theme: 'system',
  present: false,
  threads: 0,
  provider: 'auto'
})

export const useSettings = defineStore('settings', () => {
  const settings = ref<Settings>(initialSettings())
  const systemDark = ref(matchMedia('(prefers-color-scheme: dark)').matches)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', event => (systemDark.value = event.matches))
  const dark = computed(() => settings.value.theme === 'dark' || (settings.value.theme === 'system' && systemDark.value))

  watchEffect(() => {
    const root = document.documentElement
    root.classList.toggle('dark', dark.value)
    root.classList.toggle('light', !dark.value)
    root.toggleAttribute('data-present', settings.value.present)
    root.lang = settings.value.language
    i18n.global.locale.value = settings.value.language
  })

  on('settings', changed => (settings.value = changed))

  async function load(): Promise<void> {
    settings.value = await call('settings.get')
  }
  /** Shown at once; the lab's answer decides. */
  async function change(part: Partial<Settings>): Promise<void> {
    const before = settings.value
    settings.value = { ...before, ...part }
    try {
      settings.value = await call('settings.set', part)
    } catch (error) {
      settings.value = before
      throw error
    }
  }
  return { settings, dark, load, change }
})
