#include "nb.h"

#include "oarlock.h"
#include "status.h"

struct oar_nb {
  std::string description;
};

namespace oarlock {

NbModel read_nb(const ByteSource& file) {
  NbModel model;
  model.name = file.name();
  model.size = file.size();
  model.container = read_nb_container(file);
  model.program = read_nb_program(file, model.container.program);
  model.params = read_nb_params(file, model.container, model.program.persistable);
  return model;
}

std::string version_number(const std::string& version) {
  const size_t begin = !version.empty() && version[0] == 'v' ? 1 : 0;
  const size_t dot = version.find('.', begin);
  const auto is_digit = [&](size_t i) { return i < version.size() && version[i] >= '0' && version[i] <= '9'; };
  if (dot == std::string::npos || dot == begin || !is_digit(dot + 1)) return "";
  for (size_t i = begin; i < dot; ++i) {
    if (!is_digit(i)) return "";
  }
  const size_t candidate = version.find("-rc", dot);
  if (candidate == std::string::npos) return version.substr(begin);
  const std::string number = version.substr(candidate + 3);
  return version.substr(begin, candidate - begin) + "rc" + (number.empty() ? "0" : number);
}

}  // namespace oarlock

oar_status oar_nb_open(const char* path, oar_nb** out) {
  using namespace oarlock;
  return guard([&] {
    required(out, "out");
    const ByteSource file = ByteSource::open_file(&required(path, "path"));
    *out = new oar_nb{describe_nb(read_nb(file))};
  });
}

oar_status oar_nb_open_memory(const char* name, const void* data, size_t size, oar_nb** out) {
  using namespace oarlock;
  return guard([&] {
    required(out, "out");
    const auto* bytes = &required(static_cast<const char*>(data), "data");
    const ByteSource file = ByteSource::from_memory(&required(name, "name"), bytes, size);
    *out = new oar_nb{describe_nb(read_nb(file))};
  });
}

void oar_nb_close(oar_nb* nb) { delete nb; }

const char* oar_nb_description(const oar_nb* nb) { return nb == nullptr ? "" : nb->description.c_str(); }
