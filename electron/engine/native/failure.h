/** A failure that a user may read, as `electron/contract/failure.ts` has it. */
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace gptlab {

class Failure : public std::exception {
 public:
  Failure(std::string code, std::string message) : code(std::move(code)), message(std::move(message)) {}
  /** Adds a value that the translated text names. */
  Failure& with(std::string name, double value) {
    numbers.emplace_back(std::move(name), value);
    return *this;
  }
  Failure& with(std::string name, std::string value) {
    texts.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const char* what() const noexcept override { return message.c_str(); }

  std::string code;
  std::string message;
  std::vector<std::pair<std::string, double>> numbers;
  std::vector<std::pair<std::string, std::string>> texts;
};

}  // namespace gptlab
