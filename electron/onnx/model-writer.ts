/** Writes ONNX models, one operation at a time, as typed protobuf. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto
} from 'onnx-buf'
import { LabFailure } from '../contract/failure.ts'

export type ElementType = 'float32' | 'float16' | 'int64' | 'uint8' | 'bool'

/** A size, or the name of one that is known when the model runs. */
export type Dimension = number | string

/** An attribute's value; ONNX tells whole numbers from fractions, JavaScript does not. */
export type Attribute =
  { readonly int: number } | { readonly float: number } | { readonly ints: readonly number[] } | { readonly graph: ModelWriter }

const dataTypes: Record<ElementType, DataType> = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  bool: DataType.BOOL
}

/** ONNX's number of an element type, as `Cast` wants it. */
export const elementTypeNumber = (type: ElementType): number => dataTypes[type]

/** protobuf messages end at 2 GiB. */
const mostBytes = 2 ** 31 - 2 ** 20

/** Domain of ONNX Runtime's own operations, `MatMulNBits` among them. */
export const contribDomain = 'com.microsoft'

export class ModelWriter {
  readonly #nodes: NodeProto[] = []
  readonly #tensors: TensorProto[] = []
  readonly #inputs: ValueInfoProto[] = []
  readonly #outputs: ValueInfoProto[] = []
  readonly #constants = new Map<string, string>()
  readonly #tensorNames = new Set<string>()
  #count = 0
  #bytes = 0

  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, shape))
    return name
  }

  output(name: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, type, shape))
  }

  /** Adds an operation with one result and returns the result's name. */
  apply(
    operation: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    out = this.#fresh(operation),
    domain = ''
  ): string {
    this.applyMany(operation, inputs, [out], attributes, domain)
    return out
  }

  /** Adds an operation with several results. An empty input name stands for one left out. */
  applyMany(
    operation: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = ''
  ): void {
    this.#nodes.push(
      create(NodeProtoSchema, {
        name: `${operation}.${this.#nodes.length}`,
        opType: operation,
        domain,
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value))
      })
    )
  }

  /** Adds a tensor once; a second call with the same name is that tensor. */
  tensor(name: string, type: ElementType, shape: readonly number[], values: ArrayBufferView): string {
    if (this.#tensorNames.has(name)) return name
    this.#bytes += values.byteLength
    if (this.#bytes > mostBytes)
      throw new LabFailure(
        'export-too-large',
        'Expected weights of less than 2 GB for one ONNX file. Choose fp16 or int8 weights.',
        { bytes: this.#bytes }
      )
    this.#tensorNames.add(name)
    const rawData = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength)
    this.#tensors.push(create(TensorProtoSchema, { name, dataType: dataTypes[type], dims: shape.map(BigInt), rawData }))
    return name
  }

  hasTensor(name: string): boolean {
    return this.#tensorNames.has(name)
  }

  /** A list of whole numbers, shared by all that need the same one. */
  integers(values: readonly number[]): string {
    return this.#constant(`integers ${values.join(' ')}`, 'int64', [values.length], () => BigInt64Array.from(values, BigInt))
  }

  /** One whole number without a dimension. */
  integer(value: number): string {
    return this.#constant(`integer ${value}`, 'int64', [], () => BigInt64Array.of(BigInt(value)))
  }

  /** One fraction without a dimension. */
  scalar(value: number): string {
    return this.#constant(`scalar ${value}`, 'float32', [], () => Float32Array.of(value))
  }

  #constant(key: string, type: ElementType, shape: readonly number[], values: () => ArrayBufferView): string {
    let name = this.#constants.get(key)
    if (name === undefined) {
      name = this.tensor(key.replaceAll(' ', '_'), type, shape, values())
      this.#constants.set(key, name)
    }
    return name
  }

  #fresh(operation: string): string {
    return `${operation.toLowerCase()}_${this.#count++}`
  }

  /** The graph as a message; a branch of an `If` is one too. */
  graph(name: string) {
    return { name, node: this.#nodes, initializer: this.#tensors, input: this.#inputs, output: this.#outputs }
  }

  /** The model's bytes. @param opset version of the standard operations */
  finish(name: string, opset: number, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const model = create(ModelProtoSchema, {
      irVersion: 10n,
      producerName: 'gpt-lab',
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        { domain: contribDomain, version: 1n }
      ],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: this.graph(name)
    })
    return toBinary(ModelProtoSchema, model)
  }
}

function attribute(name: string, value: Attribute): AttributeProto {
  if ('int' in value) return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value.int) })
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float })
  if ('ints' in value) return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.ints.map(BigInt) })
  return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: value.graph.graph(name) })
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map(size =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } }
  )
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: dataTypes[type], shape: { dim } } } }
  })
}
