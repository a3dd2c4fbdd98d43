#include "arguments.h"

#include <charconv>
#include <map>
#include <stdexcept>
#include <string_view>

namespace oarlock {

const char kUsage[] =
    "usage: oarlock-lite-optimizer --engine LIBRARY --layout X.Y --version TEXT --output PATH\n"
    "                              --places T/P/L[,T/P/L…] [--devices NAME[,NAME…]]\n"
    "                              [--weight-bits 8|16] [--discard PASS[,PASS…]] [--record 1]\n"
    "Once the engine is loaded, reads the paths of a model and of its parameters from stdin, each ended by a NUL, and\n"
    "writes PATH.nb; does nothing where stdin ends instead.\n"
    "--layout names the version of which LIBRARY's classes are laid out, --version what it says of "
    "itself.\n"
    "A place is Paddle Lite's numbers for target, precision and layout; their order is their rank. --record writes "
    "lists\n"
    "of the operators and kernels that PATH.nb needs into the folder PATH.\n"
    "Exit status: 0 done, 2 wrong usage, 3 engine not usable, 4 out of memory, 5 failed; Paddle Lite may abort "
    "instead.\n";

namespace {

int parse_number(const std::string& option, std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::invalid_argument(option + ": '" + std::string(text) + "' is no number");
  }
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<oarlock_place> parse_places(const std::string& option, std::string_view text) {
  std::vector<oarlock_place> places;
  for (const std::string_view place : split(text, ',')) {
    const std::vector<std::string_view> parts = split(place, '/');
    if (parts.size() != 3) {
      throw std::invalid_argument(option + ": '" + std::string(place) + "', expected target/precision/layout");
    }
    places.push_back({parse_number(option, parts[0]), parse_number(option, parts[1]), parse_number(option, parts[2])});
  }
  return places;
}

}  // namespace

Arguments parse_arguments(int argc, char** argv) {
  Arguments arguments;
  const std::map<std::string, std::string*> texts = {{"--engine", &arguments.engine},
                                                     {"--layout", &arguments.layout},
                                                     {"--version", &arguments.version},
                                                     {"--output", &arguments.output}};
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(option + ": has no value");
    const std::string value = argv[i + 1];
    if (const auto text = texts.find(option); text != texts.end()) {
      *text->second = value;
    } else if (option == "--places") {
      arguments.places = parse_places(option, value);
    } else if (option == "--weight-bits") {
      arguments.weight_bits = parse_number(option, value);
      if (arguments.weight_bits != 8 && arguments.weight_bits != 16) {
        throw std::invalid_argument(option + ": " + value + ", expected 8 or 16");
      }
    } else if (option == "--devices") {
      for (const std::string_view device : split(value, ',')) arguments.devices.emplace_back(device);
    } else if (option == "--discard") {
      for (const std::string_view pass : split(value, ',')) arguments.discarded.emplace_back(pass);
    } else if (option == "--record") {
      arguments.record = parse_number(option, value) != 0;
    } else {
      throw std::invalid_argument(option + ": no such option");
    }
  }
  for (const auto& [option, text] : texts) {
    if (text->empty()) throw std::invalid_argument(option + ": is missing");
  }
  if (arguments.places.empty()) throw std::invalid_argument("--places: is missing");
  return arguments;
}

}  // namespace oarlock
