/** A text's title in the user's language: the shipped ones have names in each, an added one has its own. */
import { useI18n } from 'vue-i18n'
import type { CorpusSummary } from '../../../electron/contract/training.ts'

export function useCorpusTitle(): (corpus: Pick<CorpusSummary, 'id' | 'title'>) => string {
  const { t, te } = useI18n()
  return ({ id, title }) => (te(`training.texts.${id}`) ? t(`training.texts.${id}`) : title)
}
