/** Exposes `window.lab`: the contract over Electron's messages, and nothing else. Runs in the sandbox, in a world of its own. */
import { contextBridge, ipcRenderer } from 'electron'
import type { Channel } from './contract/rpc/channel.ts'
import { labBridge } from './contract/rpc/client.ts'

const channel: Channel = {
  post: frame => ipcRenderer.send('lab', frame),
  onMessage(listener) {
    const hear = (_event: unknown, frame: unknown) => listener(frame)
    ipcRenderer.on('lab', hear)
    return () => ipcRenderer.off('lab', hear)
  }
}

contextBridge.exposeInMainWorld('lab', labBridge('electron', channel))
