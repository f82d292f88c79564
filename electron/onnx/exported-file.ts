/** Writes the ONNX file of a model whose weights lie in a safetensors file. */
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Graph } from '../graph/graph.ts'
import { decodeSafetensors } from '../graph/safetensors.ts'
import type { ExportForm, WeightForm } from './export-forms.ts'
import { exportOnnx } from './export.ts'

/**
 * @param path of the ONNX file; whole or not there at all
 * @throws LabFailure of the safetensors reader and of the exporter
 */
export async function writeExported(
  path: string,
  graph: Graph,
  weights: string,
  form: ExportForm,
  weightForm: WeightForm
): Promise<void> {
  const { tensors } = decodeSafetensors(await readFile(weights), weights)
  const parameters = new Map([...tensors].map(([name, tensor]) => [name, tensor.values as Float32Array]))
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, Buffer.from(exportOnnx(graph, parameters, form, { weights: weightForm })))
}
