/** What is wrong with a field of a recipe, in the user's language. */
import { useI18n } from 'vue-i18n'
import type { RecipeProblem } from './recipe-draft.ts'

export function useProblemText(): (problem: RecipeProblem) => string {
  const { t, te } = useI18n()
  return ({ code, message }) => (te(`training.problems.${code}`) ? t(`training.problems.${code}`) : message)
}
