/** Matrix products. Included after the vectors of an instruction set. */
#pragma once

#include "simd_math.h"

namespace gptlab {
namespace {

constexpr int64_t kPanel = kTileVectors * kWidth;

/** Floats of A that a block of rows may take, so that it stays in the second cache while the columns pass by. */
constexpr int64_t kBlockFloats = 128 * 1024;
/** Terms of a sum taken at a time where neither B is packed nor anything is done to the sums. */
constexpr int64_t kBlockDepth = 256;

/** A tile of C: where its operands begin. */
struct Tile {
  const float* a;
  const float* b;
  /** Distance of rows of B, or of the rows of its panel. */
  int64_t b_row;
  int64_t k;
  /** Place in C, and columns of its last vector where that is not whole. */
  int64_t row, column, columns;
  /** Go on with the sums that are in C. */
  bool resume;
};

/** s += bias; gelu; s *= factor; s += addend. What follows a GELU's sums, which are kept in `sums` (rows of kPanel) meanwhile. */
template <bool part>
void finish_gelu(const Gemm& g, const Tile& tile, int rows, int vectors, const float* sums) {
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) {
      const int64_t row = tile.row + r, column = tile.column + v * kWidth, count = part ? tile.columns : kWidth;
      const auto read = [&](const float* from) { return part ? load(from, count) : load(from); };
      const auto write = [&](float* to, Floats x) { part ? store(to, x, count) : store(to, x); };
      Floats derivative;
      Floats x = gelu(load(sums + r * kPanel + v * kWidth), &derivative);
      if (g.derivative) write(g.derivative + row * g.ld_derivative + column, derivative);
      if (g.factor) x = multiply(x, read(g.factor + row * g.ld_factor + column));
      if (g.addend) x = add(x, read(g.addend + row * g.ld_addend + column));
      write(g.c + row * g.ldc + column, x);
    }
}

/**
 * The micro-kernel: rows × (vectors · kWidth) elements of C, one accumulator each, k in rising order.
 * `part`: the last vector has only `tile.columns` columns.
 */
template <int rows, int vectors, bool part>
void compute_tile(const Gemm& g, const Tile& tile) {
  const auto read = [&](const float* from) { return part ? load(from, tile.columns) : load(from); };
  const auto write = [&](float* to, Floats x) { part ? store(to, x, tile.columns) : store(to, x); };
  float* const c = g.c + tile.row * g.ldc + tile.column;
  Floats sums[rows][vectors];
  GPTLAB_UNROLL
  for (int r = 0; r < rows; r++) {
    // What will be written is on its way while the sums are taken.
    prefetch(c + r * g.ldc);
    if (vectors * kWidth > 16) prefetch(c + r * g.ldc + 16);
    GPTLAB_UNROLL
    for (int v = 0; v < vectors; v++) sums[r][v] = tile.resume ? read(c + r * g.ldc + v * kWidth) : zeros();
  }

  const float* a = tile.a;
  const float* b = tile.b;
  const int64_t a_row = g.a_row, a_column = g.a_column, b_row = tile.b_row;
  for (int64_t p = 0; p < tile.k; p++, a += a_column, b += b_row) {
    Floats columns[vectors];
    GPTLAB_UNROLL
    for (int v = 0; v < vectors; v++) columns[v] = read(b + v * kWidth);
    GPTLAB_UNROLL
    for (int r = 0; r < rows; r++) {
      const Floats element = fill(a[r * a_row]);
      GPTLAB_UNROLL
      for (int v = 0; v < vectors; v++) sums[r][v] = multiply_add(element, columns[v], sums[r][v]);
    }
  }

  if (g.bias)
    GPTLAB_UNROLL
    for (int v = 0; v < vectors; v++) {
      const Floats bias = read(g.bias + tile.column + v * kWidth);
      GPTLAB_UNROLL
      for (int r = 0; r < rows; r++) sums[r][v] = add(sums[r][v], bias);
    }
  if (g.gelu) {
    alignas(64) float kept[rows * kPanel];
    GPTLAB_UNROLL
    for (int r = 0; r < rows; r++)
      GPTLAB_UNROLL
      for (int v = 0; v < vectors; v++) store(kept + r * kPanel + v * kWidth, sums[r][v]);
    return finish_gelu<part>(g, tile, rows, vectors, kept);
  }
  if (g.factor)
    GPTLAB_UNROLL
    for (int r = 0; r < rows; r++)
      GPTLAB_UNROLL
      for (int v = 0; v < vectors; v++) sums[r][v] = multiply(sums[r][v], read(g.factor + (tile.row + r) * g.ld_factor + tile.column + v * kWidth));
  if (g.addend)
    GPTLAB_UNROLL
    for (int r = 0; r < rows; r++)
      GPTLAB_UNROLL
      for (int v = 0; v < vectors; v++) sums[r][v] = add(sums[r][v], read(g.addend + (tile.row + r) * g.ld_addend + tile.column + v * kWidth));
  GPTLAB_UNROLL
  for (int r = 0; r < rows; r++)
    GPTLAB_UNROLL
    for (int v = 0; v < vectors; v++) write(c + r * g.ldc + v * kWidth, sums[r][v]);
}

/** The micro-kernel for a number of rows that is known only now. */
template <int vectors, bool part, int rows = kTileRows>
GPTLAB_INLINE void compute_rows(int64_t wanted, const Gemm& g, const Tile& tile) {
  if (wanted == rows) return compute_tile<rows, vectors, part>(g, tile);
  if constexpr (rows > 1) compute_rows<vectors, part, rows - 1>(wanted, g, tile);
}

/**
 * Loops around the micro-kernel: terms of the sum (where C can hold unfinished ones), blocks of rows that stay in the
 * second cache, panels of columns, rows of tiles. A panel that is not full is done vector by vector.
 */
void gemm(const Gemm& g) {
  const bool finished = g.bias || g.gelu || g.factor || g.addend;
  const int64_t depth = finished || g.packed_b ? g.k : least(g.k, kBlockDepth);
  // Tiles of even height: 16 rows are two of 8 rather than 14 and 2.
  const int64_t tiles = (g.m + kTileRows - 1) / kTileRows, height = (g.m + tiles - 1) / tiles;
  const int64_t block = height * most(1, kBlockFloats / depth / height);
  for (int64_t p = 0; p == 0 || p < g.k; p += depth)
    for (int64_t top = 0; top < g.m; top += block)
      for (int64_t j = 0; j < g.n; j += kPanel) {
        const int64_t wide = least(kPanel, g.n - j), bottom = least(g.m, top + block);
        Tile tile{};
        tile.k = least(depth, g.k - p);
        tile.b_row = g.packed_b ? kPanel : g.b_row;
        tile.resume = p > 0;
        const float* const panel = g.packed_b ? g.packed_b + j * g.k + p * kPanel : g.b + p * g.b_row + j;
        for (int64_t i = top; i < bottom; i += height) {
          const int64_t rows = least(height, bottom - i);
          tile.a = g.a + i * g.a_row + p * g.a_column;
          tile.row = i;
          if (wide == kPanel) {
            tile.b = panel;
            tile.column = j;
            compute_rows<kTileVectors, false>(rows, g, tile);
          } else {
            for (int64_t done = 0; done < wide; done += kWidth) {
              tile.b = panel + done;
              tile.column = j + done;
              tile.columns = least(kWidth, wide - done);
              if (tile.columns == kWidth)
                compute_rows<1, false>(rows, g, tile);
              else
                compute_rows<1, true>(rows, g, tile);
            }
          }
        }
      }
}

int64_t packed_floats(int64_t k, int64_t n) { return (n + kPanel - 1) / kPanel * kPanel * k; }

/** to (k, width columns at distance `ld`) = what lies at from[p·row + j·column], j < count; zeros in the other columns. */
void copy_panel(int64_t k, int64_t count, const float* from, int64_t row, int64_t column, float* to, int64_t width, int64_t ld) {
  int64_t done = 0;
  if (row == 1)  // Columns lie in rows of memory: whole squares are turned in registers.
    for (; done + kWidth <= k; done += kWidth)
      for (int64_t j = 0; j < width; j += kWidth) {
        Floats square[kWidth];
        for (int64_t i = 0; i < kWidth; i++) square[i] = j + i < count ? load(from + (j + i) * column + done) : zeros();
        transpose(square);
        for (int64_t i = 0; i < kWidth; i++) store(to + (done + i) * ld + j, square[i]);
      }
  for (; done < k; done++)
    for (int64_t j = 0; j < width; j++) to[done * ld + j] = j < count ? from[done * row + j * column] : 0.0f;
}

void pack(int64_t k, int64_t n, const float* b, int64_t b_row, int64_t b_column, int64_t first, int64_t last, float* packed) {
  for (int64_t panel = first; panel < last; panel++) {
    const int64_t column = panel * kPanel;
    copy_panel(k, least(kPanel, n - column), b + column * b_column, b_row, b_column, packed + column * k, kPanel, kPanel);
  }
}

}  // namespace
}  // namespace gptlab
