/** A model on its way into the lab. It goes on when the room is left. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ModelSummary } from '../../../electron/contract/models.ts'
import { call } from '../../lab.ts'
import { modelFiles, type OfferedFolder } from './folder-files.ts'

export type ImportState =
  | { readonly kind: 'reading'; readonly name: string; readonly bytes: number; readonly total: number }
  /** Handed over: the lab copies the files, reads the whole model and checks it. */
  | { readonly kind: 'checking'; readonly name: string }
  /** The desktop's dialog is open. */
  | { readonly kind: 'choosing' }

export const useImport = defineStore('import', () => {
  const state = shallowRef<ImportState | null>(null)
  const failure = shallowRef<unknown>(null)

  async function one(work: () => Promise<ModelSummary | null>): Promise<ModelSummary | null> {
    if (state.value) return null
    failure.value = null
    try {
      return await work()
    } catch (error) {
      failure.value = error
      return null
    } finally {
      state.value = null
    }
  }

  return {
    state,
    failure,
    /** Takes in a folder; resolves to its model, or to null when that failed (`failure` says why) or another is on its way. */
    take: (offered: OfferedFolder | Promise<OfferedFolder>) =>
      one(async () => {
        const { name, files } = modelFiles(await offered)
        const total = files.reduce((sum, file) => sum + file.size, 0)
        let bytes = 0
        const read: { path: string; bytes: Uint8Array<ArrayBuffer> }[] = []
        for (const file of files) {
          state.value = { kind: 'reading', name, bytes, total }
          read.push({ path: file.path, bytes: await file.read() })
          bytes += file.size
        }
        state.value = { kind: 'checking', name }
        return await call('models.import', { name: name.slice(0, 80), files: read })
      }),
    /** Asks for a folder with the desktop's dialog; null when it was closed. */
    choose: () =>
      one(async () => {
        state.value = { kind: 'choosing' }
        return await call('models.choose')
      })
  }
})
