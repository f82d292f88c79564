/** What shipped recipes are called and are for, in the user's language; others say it in their own words. */
import { useI18n } from 'vue-i18n'
import type { Recipe } from '../../electron/contract/training.ts'

export function useRecipeText() {
  const { t, te } = useI18n()
  const said = (name: string, part: 'title' | 'purpose' | 'hardware', otherwise: string) =>
    te(`training.recipes.${name}.${part}`) ? t(`training.recipes.${name}.${part}`) : otherwise
  return {
    titleOf: ({ name }: Recipe) => said(name, 'title', name),
    purposeOf: ({ name, purpose }: Recipe) => said(name, 'purpose', purpose),
    hardwareOf: ({ name, expected }: Recipe) => said(name, 'hardware', expected.hardware)
  }
}
