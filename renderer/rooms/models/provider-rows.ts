/** Every provider of one model: how fast it was, or why it did not run. */
import type { ProviderName, ProviderRefusal, SessionDescription } from '../../../electron/contract/models.ts'

export interface ProviderRow {
  readonly provider: ProviderName | 'auto'
  /** The session that shows its speed; for `auto` the one that was taken. */
  readonly session?: SessionDescription
  readonly refusal?: ProviderRefusal
  /** Tokens a second of one stream; 0 where it has not been measured. */
  readonly speed: number
}

type Tried = Readonly<Partial<Record<ProviderName | 'auto', SessionDescription>>>

/**
 * @param providers those of this platform, in the order they are tried
 * @param tried the model's sessions by what was asked for
 */
export function providerRows(providers: readonly ProviderName[], tried: Tried): readonly ProviderRow[] {
  const sessions = Object.values(tried)
  const names = [...new Set<ProviderName | 'auto'>(['auto', ...providers, 'cpu', 'native'])]
  return names.map(provider => {
    const session = tried[provider]
    const ran = provider === 'auto' || session?.provider === provider ? session : sessions.find(one => one.provider === provider)
    const refusal = sessions.flatMap(one => one.refused).find(one => one.provider === provider)
    return { provider, speed: ran ? 1000 / ran.millisecondsPerToken : 0, ...(ran ? { session: ran } : refusal && { refusal }) }
  })
}
