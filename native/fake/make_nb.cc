// oarlock_make_nb OUT.nb [--target x86|arm] [--version V] [--input NAME:DTYPE:DIMS]… [--output NAME:DIMS]… [--marker
// M]…
//
// Writes a small model that the fake engine runs (DTYPE float32, int32 or int64; DIMS like -1,3,224,224). Without
// --input and --output: x:float32:-1,3,8,8 and y:-1,10; without --target: this processor. Markers are those of
// fake_engine.h.
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "nb_writer.h"

namespace {

using oarlock::fake::NbPort;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<int64_t> parse_dims(const std::string& text) {
  std::vector<int64_t> dims;
  for (const std::string& part : split(text, ',')) dims.push_back(std::stoll(part));
  return dims;
}

int parse_dtype(const std::string& text) {
  if (text == "float32") return oarlock::fake::kFloat32;
  if (text == "int32") return oarlock::fake::kInt32;
  if (text == "int64") return oarlock::fake::kInt64;
  throw std::invalid_argument("dtype '" + text + "', expected float32, int32 or int64");
}

void run(int argc, char** argv) {
  if (argc < 2) throw std::invalid_argument("usage: oarlock_make_nb OUT.nb [options], see make_nb.cc");
  std::vector<NbPort> inputs, outputs;
  std::vector<std::string> markers;
  std::string version = "v2.12";
  int target = oarlock::fake::kThisTarget;
  for (int i = 2; i < argc; ++i) {
    const std::string option = argv[i];
    if (++i == argc) throw std::invalid_argument(option + " needs a value");
    const std::string value = argv[i];
    const std::vector<std::string> parts = split(value, ':');
    if (option == "--target" && (value == "x86" || value == "arm")) {
      target = value == "x86" ? 2 : 4;
    } else if (option == "--version") {
      version = value;
    } else if (option == "--marker") {
      markers.push_back(value);
    } else if (option == "--input" && parts.size() == 3) {
      inputs.push_back({parts[0], parse_dims(parts[2]), parse_dtype(parts[1])});
    } else if (option == "--output" && parts.size() == 2) {
      outputs.push_back({parts[0], parse_dims(parts[1])});
    } else {
      throw std::invalid_argument(option + " " + value + " is no option of oarlock_make_nb");
    }
  }
  if (inputs.empty()) inputs = {{"x", {-1, 3, 8, 8}}};
  if (outputs.empty()) outputs = {{"y", {-1, 10}}};
  auto file = oarlock::fake::simple_nb(inputs, outputs, target, markers);
  file.version = version;
  const oarlock::fake::Bytes bytes = oarlock::fake::write_nb(file);
  std::ofstream stream(argv[1], std::ios::binary);
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) throw std::runtime_error(std::string(argv[1]) + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "oarlock_make_nb: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
