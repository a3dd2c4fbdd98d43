#include "nb_writer.h"

#include <algorithm>

#include "paddle_lite_nb_generated.h"

namespace oarlock {
namespace fake {
namespace {

// Every piece is written in a statement of its own: the order of evaluation of arguments differs between compilers, and
// with it the bytes would.
namespace schema = nb_schema;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

template <class T>
void append(Bytes& bytes, T number) {
  for (size_t i = 0; i < sizeof(T); ++i) bytes.push_back(static_cast<unsigned char>(number >> (8 * i)));
}

Bytes finished(const FlatBufferBuilder& builder) {
  return Bytes(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
}

Offset<schema::VarDesc> write_variable(FlatBufferBuilder& builder, const NbVariable& variable) {
  const auto tensor =
      schema::CreateTensorDescDirect(builder, static_cast<schema::DataType>(variable.data_type), &variable.dims);
  const auto lod_tensor = schema::CreateLoDTensorDesc(builder, tensor);
  const auto type = schema::CreateVarType(builder, static_cast<schema::DataType>(variable.type), 0, lod_tensor);
  return schema::CreateVarDescDirect(builder, variable.name.c_str(), type, variable.persistable);
}

std::vector<Offset<schema::Var>> write_arguments(FlatBufferBuilder& builder,
                                                 const std::map<std::string, std::vector<std::string>>& arguments) {
  std::vector<Offset<schema::Var>> result;
  for (const auto& [parameter, names] : arguments) {
    const auto parameter_offset = builder.CreateString(parameter);
    const auto names_offset = builder.CreateVectorOfStrings(names);
    result.push_back(schema::CreateVar(builder, parameter_offset, names_offset));
  }
  return result;
}

Offset<schema::Attr> write_string_attribute(FlatBufferBuilder& builder, const char* name, const std::string& value) {
  const auto name_offset = builder.CreateString(name);
  const auto value_offset = builder.CreateString(value);
  schema::AttrBuilder attribute(builder);
  attribute.add_name(name_offset);
  attribute.add_type(schema::AttrType::STRING);
  attribute.add_s(value_offset);
  return attribute.Finish();
}

Offset<schema::Attr> write_int_attribute(FlatBufferBuilder& builder, const std::string& name, int value) {
  const auto name_offset = builder.CreateString(name);
  schema::AttrBuilder attribute(builder);
  attribute.add_name(name_offset);
  attribute.add_type(schema::AttrType::INT);
  attribute.add_i(value);
  return attribute.Finish();
}

Offset<schema::OpDesc> write_operator(FlatBufferBuilder& builder, const NbOperator& op) {
  std::vector<Offset<schema::Attr>> attributes;
  if (!op.kernel.empty()) attributes.push_back(write_string_attribute(builder, "__@kernel_type_attr@__", op.kernel));
  for (const auto& [name, value] : op.ints) attributes.push_back(write_int_attribute(builder, name, value));
  auto inputs = write_arguments(builder, op.inputs);
  auto outputs = write_arguments(builder, op.outputs);
  return schema::CreateOpDescDirect(builder, op.type.c_str(), &inputs, &outputs, &attributes);
}

}  // namespace

NbFile simple_nb(const std::vector<NbPort>& inputs, const std::vector<NbPort>& outputs, int target,
                 const std::vector<std::string>& markers) {
  NbFile file;
  file.variables = {
      {"feed", {}, 0, true, kFeedMinibatch}, {"fetch", {}, 0, true, kFetchList}, {"w", {2, 3}, kFloat32, true}};
  NbOperator work{"conv2d", "conv2d/def/" + std::to_string(target) + "/1/1", {{"Filter", {"w"}}}, {}, {}};
  for (size_t i = 0; i < inputs.size(); ++i) {
    file.variables.push_back({inputs[i].name, inputs[i].dims, inputs[i].data_type});
    file.operators.push_back(
        {"feed", "feed/def/1/4/2", {{"X", {"feed"}}}, {{"Out", {inputs[i].name}}}, {{"col", static_cast<int>(i)}}});
    work.inputs["Input"].push_back(inputs[i].name);
  }
  std::vector<NbOperator> fetches;
  for (size_t i = 0; i < outputs.size(); ++i) {
    file.variables.push_back({outputs[i].name, outputs[i].dims, outputs[i].data_type});
    fetches.push_back(
        {"fetch", "fetch/def/1/4/2", {{"X", {outputs[i].name}}}, {{"Out", {"fetch"}}}, {{"col", static_cast<int>(i)}}});
    work.outputs["Output"].push_back(outputs[i].name);
  }
  file.operators.push_back(work);
  for (const std::string& marker : markers) file.operators.push_back({marker, marker + "/def/1/4/2", {}, {}, {}});
  file.operators.insert(file.operators.end(), fetches.begin(), fetches.end());
  file.parameters = {{"w", {2, 3}, kFloat32, Bytes(2 * 3 * sizeof(float))}};
  return file;
}

Bytes write_program(const NbFile& file) {
  FlatBufferBuilder builder;
  std::vector<Offset<schema::VarDesc>> variables;
  for (const NbVariable& variable : file.variables) variables.push_back(write_variable(builder, variable));
  std::vector<Offset<schema::OpDesc>> operators;
  for (const NbOperator& op : file.operators) operators.push_back(write_operator(builder, op));
  const auto variables_offset = builder.CreateVector(variables);  // Not sorted: the optimiser does not either.
  const auto operators_offset = builder.CreateVector(operators);
  std::vector<Offset<schema::BlockDesc>> blocks{
      schema::CreateBlockDesc(builder, 0, -1, variables_offset, operators_offset)};
  if (!file.inner_operators.empty()) {
    const std::vector<Offset<schema::VarDesc>> no_variables;
    std::vector<Offset<schema::OpDesc>> inner;
    for (const NbOperator& op : file.inner_operators) inner.push_back(write_operator(builder, op));
    const auto no_variables_offset = builder.CreateVector(no_variables);
    blocks.push_back(schema::CreateBlockDesc(builder, 1, 0, no_variables_offset, builder.CreateVector(inner)));
  }
  const auto version = schema::CreateVersion(builder, 0);
  builder.Finish(schema::CreateProgramDescDirect(builder, &blocks, version));
  return finished(builder);
}

Bytes write_parameter(const NbParameter& parameter) {
  FlatBufferBuilder builder;
  const std::vector<int8_t> data(parameter.data.begin(), parameter.data.end());
  const auto tensor = schema::CreateParamTensorDirect(builder, 0, nullptr, &parameter.dims,
                                                      static_cast<schema::DataType>(parameter.data_type), &data);
  const auto version = schema::CreateParamVersion(builder, 0, 0);
  builder.Finish(schema::CreateParamDescDirect(builder, version, parameter.name.c_str(),
                                               schema::ParamVariable::ParamTensor, tensor.Union()));
  return finished(builder);
}

Bytes write_nb(const NbFile& file) {
  constexpr size_t kVersionBytes = 16;
  Bytes bytes;
  append<uint16_t>(bytes, file.meta_version);
  std::string version = file.version;
  version.resize(kVersionBytes, '\0');
  bytes.insert(bytes.end(), version.begin(), version.end());
  const Bytes program = write_program(file);
  append<uint64_t>(bytes, program.size());
  bytes.insert(bytes.end(), program.begin(), program.end());
  size_t largest = 0;
  for (const NbParameter& parameter : file.parameters) largest = std::max(largest, parameter.data.size());
  append<uint16_t>(bytes, 0);
  append<uint16_t>(bytes, 0);
  append<uint16_t>(bytes, 6);
  append<uint16_t>(bytes, static_cast<uint16_t>(file.parameters.size()));
  append<uint32_t>(bytes, static_cast<uint32_t>(largest));
  for (const NbParameter& parameter : file.parameters) {
    const Bytes encoded = write_parameter(parameter);
    append<uint32_t>(bytes, static_cast<uint32_t>(encoded.size() + 4));
    append<uint32_t>(bytes, 4);
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
  }
  return bytes;
}

}  // namespace fake
}  // namespace oarlock
