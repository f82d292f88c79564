/** The tensors and settings of a safetensors reference file. */
import { LabFailure } from '../../contract/failure.ts'
import type { Parameters } from '../../graph/parameters.ts'
import type { Safetensors, TensorValues } from '../../graph/safetensors.ts'

function incomplete(reason: string): LabFailure {
  return new LabFailure('fixture-incomplete', `The reference file cannot be compared with: ${reason}.`, { reason })
}

/** Reads what a comparison needs; what is missing is a failure `fixture-incomplete` that names it. */
export class ReferenceTensors {
  constructor(readonly file: Safetensors) {}

  has(name: string): boolean {
    return this.file.tensors.has(name)
  }

  shape(name: string): readonly number[] {
    const tensor = this.file.tensors.get(name)
    if (!tensor) throw incomplete(`it has no tensor ${name}`)
    return tensor.shape
  }

  values<Values extends TensorValues>(name: string, type: abstract new (...words: never[]) => Values): Values {
    const values = this.file.tensors.get(name)?.values
    if (!(values instanceof type)) throw incomplete(`it has no tensor ${name} of ${type.name.replace('Array', '')}`)
    return values
  }

  /** The tensors whose names begin with `prefix`, named without it. */
  parameters(prefix: string): Parameters {
    const names = [...this.file.tensors.keys()].filter(name => name.startsWith(prefix))
    return new Map(names.map(name => [name.slice(prefix.length), this.values(name, Float32Array)]))
  }

  text(name: string): string {
    const text = this.file.metadata[name]
    if (text === undefined) throw incomplete(`its metadata have no ${name}`)
    return text
  }

  number(name: string): number {
    return this.read(name, /^(.*)$/s)
  }

  /** The number that the pattern's first group finds in a text of the metadata. */
  read(name: string, pattern: RegExp): number {
    const found = pattern.exec(this.text(name))?.[1]
    const value = Number(found)
    if (!found?.trim() || !Number.isFinite(value))
      throw incomplete(`its ${name} should have a number but is ${JSON.stringify(this.text(name))}`)
    return value
  }

  /** Python's True or False. */
  flag(name: string): boolean {
    const text = this.text(name)
    if (text !== 'True' && text !== 'False') throw incomplete(`its ${name} should be True or False but is ${text}`)
    return text === 'True'
  }
}
