/** The worker's code: beside the bundle; where these sources run themselves (tests), a bundle made of them before. */
export function workerFile(): URL {
  const fromSources = import.meta.url.endsWith('.ts')
  return new URL(fromSources ? '../../tests/output/worker/session-worker.js' : './session-worker.js', import.meta.url)
}
