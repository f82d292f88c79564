/** What the browser host keeps between two starts: its secret and its last port. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'
import { readJson } from '../lab/json-file.ts'

const MemorySchema = v.object({
  secret: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)))
})

export interface HostMemory {
  readonly secret: Uint8Array
  readonly port?: number
  /** Keeps the port, so that an open page finds the lab again after a restart. */
  keepPort(port: number): Promise<void>
}

/** Reads `browser-host.json` in the lab's home, or begins it. A damaged one is set aside: its browsers need a new link. */
export async function hostMemory(home: string): Promise<HostMemory> {
  const path = join(home, 'browser-host.json')
  const write = (value: v.InferOutput<typeof MemorySchema>) =>
    writeFileAtomic(path, JSON.stringify(value, null, 2) + '\n', { mode: 0o600 })
  let kept = await readJson(path, value => v.parse(MemorySchema, value))
  if (!kept) {
    kept = { secret: randomBytes(32).toString('hex') }
    await mkdir(home, { recursive: true })
    await write(kept)
  }
  const { secret, port } = kept
  return {
    secret: Buffer.from(secret, 'hex'),
    port,
    keepPort: async next => {
      if (next !== port) await write({ secret, port: next })
    }
  }
}
