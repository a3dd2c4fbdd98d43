#include "engine_probe.h"

#include <cstdint>
#include <string_view>

#include "paddle_lite_nb_generated.h"

namespace oarlock {
namespace {

template <class T>
void append(std::vector<unsigned char>& bytes, T number) {
  for (size_t i = 0; i < sizeof(T); ++i) bytes.push_back(static_cast<unsigned char>(number >> (8 * i)));
}

}  // namespace

std::vector<unsigned char> empty_nb_model() {
  namespace schema = nb_schema;
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<schema::VarDesc>> no_variables;  // Not const: it would be sorted.
  const std::vector<flatbuffers::Offset<schema::OpDesc>> no_operators;
  const auto block = schema::CreateBlockDescDirect(builder, 0, -1, &no_variables, &no_operators);
  const std::vector<flatbuffers::Offset<schema::BlockDesc>> blocks{block};
  builder.Finish(schema::CreateProgramDescDirect(builder, &blocks, schema::CreateVersion(builder, 0)));

  std::vector<unsigned char> bytes;  // The layout is that of nb_container.h.
  append<uint16_t>(bytes, 2);
  constexpr std::string_view kVersion("v2.12\0\0\0\0\0\0\0\0\0\0\0", 16);
  bytes.insert(bytes.end(), kVersion.begin(), kVersion.end());
  append<uint64_t>(bytes, builder.GetSize());
  bytes.insert(bytes.end(), builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
  append<uint16_t>(bytes, 0);
  append<uint16_t>(bytes, 0);
  append<uint16_t>(bytes, 6);
  append<uint16_t>(bytes, 0);
  append<uint32_t>(bytes, 0);
  return bytes;
}

}  // namespace oarlock
