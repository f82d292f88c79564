/** What happens when an imported model is there: it is said, and shown. */
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { ModelSummary } from '../../../electron/contract/models.ts'
import { useNotices } from '../../design/notices.ts'

export function useArrival(): (model: ModelSummary | null) => void {
  const { t } = useI18n()
  const router = useRouter()
  const { done } = useNotices()
  return model => {
    if (!model) return
    done(t('models.import.done', { name: model.name }))
    void router.push({ name: 'models', params: { model: model.id } })
  }
}
