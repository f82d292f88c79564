/** Entry of the page: wiring only. */
import ui from '@nuxt/ui/vue-plugin'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import './design/page.css'
import { i18n } from './i18n/i18n.ts'
import { router } from './router.ts'
import NoBridge from './shell/NoBridge.vue'
import { useSettings } from './stores/settings.ts'

const page = createApp('lab' in window ? App : NoBridge)
page.use(createPinia()).use(i18n)
if ('lab' in window) {
  page.use(router).use(ui)
  // Language and theme first, so that nothing flashes; a lab that does not answer must not keep the page white.
  await Promise.race([
    useSettings()
      .load()
      .catch(() => {}),
    new Promise(resolve => setTimeout(resolve, 1500))
  ])
}
page.mount('#page')
