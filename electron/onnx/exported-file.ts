/** Writes the ONNX file of a model whose weights lie in a safetensors file. */
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Graph } from '../graph/graph.ts'
import { decodeSafetensors } from '../graph/safetensors.ts'
import type { ExportForm } from './export-forms.ts'
import { exportOnnx, type ExportOptions } from './export.ts'

export interface ExportRequest extends ExportOptions {
  readonly graph: Graph
  /** Path of the safetensors file with the graph's parameters. */
  readonly weightsFile: string
  readonly form: ExportForm
  /** Path of the ONNX file; written whole or not at all. */
  readonly path: string
}

/** @throws LabFailure of the safetensors reader and of the exporter */
export async function writeExported({ graph, weightsFile, form, path, ...options }: ExportRequest): Promise<void> {
  const { tensors } = decodeSafetensors(await readFile(weightsFile), weightsFile)
  const parameters = new Map([...tensors].map(([name, tensor]) => [name, tensor.values as Float32Array]))
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, Buffer.from(exportOnnx(graph, parameters, form, options)))
}
