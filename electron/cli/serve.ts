/** `gptlab serve`: the lab in a browser of this machine, until Ctrl-C. */
import { print, printJson, type CommonOptions } from './command.ts'

export async function serve({
  port,
  open = false,
  json
}: CommonOptions & { readonly port?: number; readonly open?: boolean }): Promise<void> {
  const { hostLab } = await import('../browser-host/host.ts')
  const lab = await hostLab({ port, openBrowser: open })
  if (json) printJson({ kind: 'serving', url: lab.url })
  else
    print(
      `GPT Lab is at ${lab.url}\nThe link works once; the browser that used it stays welcome. Ctrl-C ends it and keeps a checkpoint of every run.`
    )
  await new Promise<void>(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await lab.close()
}
