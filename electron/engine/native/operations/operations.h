/** The operations that the engine has; `make_operation` finds one by the name of a node. */
#pragma once

#include <memory>

#include "../compiler.h"

namespace gptlab {

std::unique_ptr<Operation> make_embedding(const NodeSpec& node);
std::unique_ptr<Operation> make_linear(const NodeSpec& node);
std::unique_ptr<Operation> make_layer_norm(const NodeSpec& node);
std::unique_ptr<Operation> make_attention(const NodeSpec& node, uint64_t number);
std::unique_ptr<Operation> make_gelu(const NodeSpec& node);
std::unique_ptr<Operation> make_add(const NodeSpec& node);
std::unique_ptr<Operation> make_dropout(const NodeSpec& node, uint64_t number);
std::unique_ptr<Operation> make_cross_entropy(const NodeSpec& node);
std::unique_ptr<Operation> make_token_log_probabilities(const NodeSpec& node);
std::unique_ptr<Operation> make_pairwise_loss(const NodeSpec& node);
std::unique_ptr<Operation> make_clipped_policy_loss(const NodeSpec& node);
std::unique_ptr<Operation> make_value_loss(const NodeSpec& node);
std::unique_ptr<Operation> make_preference_loss(const NodeSpec& node);

/** Mask of a dropout with probability p, without its key. @throws Failure `engine-shape` unless 0 ≤ p < 1. */
Mask dropout_mask(double p);
/** @throws Failure `token-out-of-range` for targets that are neither −1 nor one of `columns` */
void check_targets(const std::vector<int32_t>& targets, int64_t columns);

}  // namespace gptlab
