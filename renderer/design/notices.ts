/** Short messages at the edge of the page: done with an undo, or failed with what to do. */
import { useToast } from '@nuxt/ui/composables'
import { useI18n } from 'vue-i18n'
import { asFailure, useFailureText } from './failure-text.ts'

export function useNotices() {
  const toast = useToast()
  const { t } = useI18n()
  const textOf = useFailureText()

  function failed(error: unknown): void {
    if (asFailure(error).code === 'cancelled') return
    const { what, expected, todo } = textOf(error)
    toast.add({
      title: what,
      description: [expected, todo].filter(Boolean).join(' '),
      icon: 'i-lucide-triangle-alert',
      color: 'neutral',
      duration: 15_000
    })
  }

  return {
    failed,
    /** Says that something is done. */
    done(title: string, description?: string): void {
      toast.add({ title, description, icon: 'i-lucide-check', color: 'neutral', duration: 8_000 })
    },
    /** Says that something is done and offers to take it back. */
    undoable(title: string, undo: () => Promise<unknown>): void {
      toast.add({
        title,
        icon: 'i-lucide-trash-2',
        color: 'neutral',
        duration: 12_000,
        actions: [
          {
            label: t('design.undo'),
            color: 'neutral',
            variant: 'outline',
            onClick: () => void undo().catch(failed)
          }
        ]
      })
    },
    /** Runs something a person asked for; what fails is said. */
    async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
      try {
        return await work()
      } catch (error) {
        failed(error)
        return undefined
      }
    }
  }
}
