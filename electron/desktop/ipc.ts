/** The contract over Electron's messages. With the preload, the only raw messaging of the desktop. */
import { ipcMain, type IpcMainEvent, type WebContents } from 'electron'
import type { Failure } from '../contract/failure.ts'
import type { LabService } from '../contract/handlers.ts'
import type { Channel } from '../contract/rpc/channel.ts'
import { serveCalls } from '../contract/rpc/server.ts'
import { pageUrl } from './page-protocol.ts'

/** Name of the one message that both directions use; the preload knows the same. */
const message = 'lab'

type Listener = (frame: unknown) => void

/** Serves the lab to windows that were attached, and refuses everybody else. */
export class LabIpc {
  readonly #listeners = new Map<WebContents, Set<Listener>>()

  constructor(private readonly service: LabService) {
    ipcMain.on(message, (event, frame: unknown) => {
      const listeners = this.#listeners.get(event.sender)
      if (!listeners || !isOurPage(event)) return refuse(event, frame)
      for (const listener of [...listeners]) listener(frame)
    })
  }

  /**
   * Lets a window's page talk to the lab. A page that is reloaded or leaves begins anew: what it had
   * asked for is aborted, so that no answer of the old page reaches the new one.
   */
  attach(contents: WebContents): void {
    this.#listeners.set(contents, new Set())
    const channel = this.#channel(contents)
    let end = serveCalls(this.service, channel)
    contents.on('did-start-navigation', details => {
      if (!details.isMainFrame || details.isSameDocument) return
      end()
      end = serveCalls(this.service, channel)
    })
    contents.once('destroyed', () => {
      end()
      this.#listeners.delete(contents)
    })
  }

  #channel(contents: WebContents): Channel {
    const listeners = this.#listeners.get(contents)!
    return {
      post(frame) {
        if (!contents.isDestroyed()) contents.send(message, frame)
      },
      onMessage(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      }
    }
  }
}

/** Whether a message comes from the page itself: the window's top frame, showing our own protocol. */
function isOurPage({ senderFrame }: IpcMainEvent): boolean {
  return senderFrame !== null && senderFrame.parent === null && senderFrame.url.startsWith(pageUrl)
}

/** Says no to a stranger that asks something, without asking the lab. */
function refuse(event: IpcMainEvent, frame: unknown): void {
  const { kind, id } = (frame ?? {}) as { kind?: unknown; id?: unknown }
  console.error(`GPT Lab refused a message from ${event.senderFrame?.url ?? 'a page that has gone'}.`)
  if (kind === 'req' && typeof id === 'number') event.reply(message, { kind: 'error', id, failure: senderRefused })
}

const senderRefused: Failure = {
  code: 'sender-refused',
  message: 'Expected a call from the lab’s own page but received one from another.',
  details: {}
}
