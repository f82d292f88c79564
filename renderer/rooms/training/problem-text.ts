/** What is wrong with a recipe, in the user's language. */
import { useI18n } from 'vue-i18n'
import type { RecipeEstimate } from '../../../electron/contract/training.ts'

type Problem = RecipeEstimate['problems'][number]

export function useProblemText(): (problem: Problem) => string {
  const { t, te } = useI18n()
  return ({ code, message }) =>
    te(`failures.${code}.what`)
      ? [t(`failures.${code}.what`), te(`failures.${code}.todo`) ? t(`failures.${code}.todo`) : ''].join(' ').trim()
      : message
}
