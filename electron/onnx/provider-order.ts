/** Providers by platform. Knows no runtime, so that asking costs nothing. */
import type { ProviderName } from '../contract/models.ts'

/** Providers of ONNX Runtime. */
export type OnnxProvider = Exclude<ProviderName, 'native'>

/** What the runtime's packages carry, or find installed beside them (CUDA), in the order in which they are tried. */
const carried: Readonly<Record<string, readonly OnnxProvider[]>> = {
  'linux-x64': ['cuda', 'webgpu', 'cpu'],
  'win32-x64': ['cuda', 'dml', 'webgpu', 'cpu'],
  'win32-arm64': ['dml', 'webgpu', 'cpu'],
  'darwin-arm64': ['coreml', 'webgpu', 'cpu']
}

/** Providers that this platform's package of ONNX Runtime carries, in the order in which they are tried. */
export function carriedProviders(platform = `${process.platform}-${process.arch}`): readonly OnnxProvider[] {
  return carried[platform] ?? ['cpu']
}

/**
 * Providers to try for a choice: the one that was chosen and then the CPU; for `auto` all that are carried,
 * but on Linux not WebGPU, which there is often drawn in software, many times slower than the CPU itself.
 */
export function providerOrder(
  requested: OnnxProvider | 'auto',
  platform = `${process.platform}-${process.arch}`
): readonly OnnxProvider[] {
  if (requested === 'cpu') return ['cpu']
  if (requested !== 'auto') return [requested, 'cpu']
  return carriedProviders(platform).filter(provider => !(platform.startsWith('linux') && provider === 'webgpu'))
}
