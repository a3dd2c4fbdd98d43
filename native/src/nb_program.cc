#include "nb_program.h"

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "nb_kernel.h"
#include "paddle_lite_nb_generated.h"
#include "status.h"

namespace oarlock {
namespace {

namespace schema = nb_schema;

constexpr const char* kKernelAttribute = "__@kernel_type_attr@__";
constexpr const char* kAcceleratorTarget = "nnadapter";
constexpr const char* kNoVariable = "@EMPTY@";  // PaddlePaddle's name for an optional argument left out.
constexpr size_t kLongestName = 4096;
constexpr int64_t kLargestDimension = int64_t{1} << 40;

template <class T>
size_t length(const T* vector) {
  return vector == nullptr ? 0 : vector->size();
}

// Walks a program whose FlatBuffers structure has been verified. Places in messages read "block 0, op 3 (conv2d)".
class ProgramReader {
 public:
  ProgramReader(const std::string& file, const schema::ProgramDesc& program) : file_(file), program_(program) {}

  NbProgram read() {
    const size_t blocks = length(program_.blocks());
    if (blocks == 0) bad("the program has no block");
    for (size_t b = 0; b < blocks; ++b) read_variables(b);
    for (size_t b = 0; b < blocks; ++b) read_operators(b);
    check_complete(result_.inputs, "feed");
    check_complete(result_.outputs, "fetch");
    for (NbTensor& input : result_.inputs) input.is_overwritten = written_.count(input.name) != 0;
    return std::move(result_);
  }

 private:
  using Variables = std::unordered_map<std::string_view, const schema::VarDesc*>;

  template <class... Parts>
  [[noreturn]] void bad(const Parts&... parts) const {
    fail(OAR_BAD_MODEL, file_, ": ", parts...);
  }

  std::string_view name_of(const flatbuffers::String* string, const std::string& where) const {
    if (string->size() == 0 || string->size() > kLongestName) {
      bad(where, " has a name of ", string->size(), " bytes, expected 1 to ", kLongestName);
    }
    return string->string_view();
  }

  const schema::BlockDesc& block(size_t index) const {
    return *program_.blocks()->Get(static_cast<flatbuffers::uoffset_t>(index));
  }

  // ---- Variables

  void read_variables(size_t b) {
    const int parent = block(b).parent_idx();
    const bool sound = b == 0 ? parent <= 0 : parent >= 0 && static_cast<size_t>(parent) < b;
    if (!sound) bad("block ", b, " names block ", parent, " as its parent");
    Variables variables;
    for (size_t v = 0; v < length(block(b).vars()); ++v) {
      const auto& variable = *block(b).vars()->Get(static_cast<flatbuffers::uoffset_t>(v));
      const std::string where = text("block ", b, ", variable ", v);
      const std::string_view name = name_of(variable.name(), where);
      if (!variables.emplace(name, &variable).second) bad(where, " has the name '", name, "' of another one");
      check_type(*variable.type(), text(where, " '", name, "'"));
      if (variable.persistable() && name != "feed" && name != "fetch") result_.persistable.emplace(name);
    }
    variables_.push_back(std::move(variables));
  }

  void check_type(const schema::VarType& type, const std::string& where) const {
    if (*schema::EnumNameDataType(type.type()) == '\0') {
      bad(where, " has the type number ", static_cast<int>(type.type()), ", which Paddle Lite does not know");
    }
    if (type.type() == schema::DataType::LOD_TENSOR) {
      if (type.lod_tensor() == nullptr) bad(where, " is a tensor without a description");
      const int number = static_cast<int>(type.lod_tensor()->tensor()->data_type());
      if (!nb_dtype(number)) bad(where, " is a tensor of type number ", number, ", which is no number type");
    }
    if (type.lod_tensor() != nullptr) check_dims(type.lod_tensor()->tensor()->dims(), where);
    if (type.tensor_array() != nullptr) check_dims(type.tensor_array()->tensor()->dims(), where);
    if (type.selected_rows() != nullptr) check_dims(type.selected_rows()->dims(), where);
  }

  using Longs = flatbuffers::Vector<int64_t>;

  // FlatBuffers' verifier checks where a vector's length lies, not its elements.
  static bool is_aligned(const Longs* longs) {
    return length(longs) == 0 || reinterpret_cast<uintptr_t>(longs->Data()) % sizeof(int64_t) == 0;
  }

  void check_dims(const Longs* dims, const std::string& where) const {
    if (!is_aligned(dims)) bad(where, " has a misaligned shape");
    for (size_t i = 0; i < length(dims); ++i) {
      const int64_t dimension = dims->Get(static_cast<flatbuffers::uoffset_t>(i));
      if (dimension < -1 || dimension > kLargestDimension) {
        bad(where, " has the size ", dimension, " in dimension ", i, ", expected -1 (any) or a number of values");
      }
    }
  }

  bool is_known(size_t b, std::string_view name) const {
    for (;;) {
      if (variables_[b].count(name) != 0) return true;
      if (b == 0) return name == kNoVariable;
      b = static_cast<size_t>(block(b).parent_idx());
    }
  }

  // ---- Operators

  void read_operators(size_t b) {
    for (size_t i = 0; i < length(block(b).ops()); ++i) {
      const auto& op = *block(b).ops()->Get(static_cast<flatbuffers::uoffset_t>(i));
      const std::string unnamed = text("block ", b, ", op ", i);
      const std::string_view type = name_of(op.type(), unnamed);
      const std::string where = text(unnamed, " (", type, ")");
      check_arguments(b, op.inputs(), where);
      check_arguments(b, op.outputs(), where);
      check_attributes(op.attrs(), where);
      count(b, op, type, where);
      if (type != "feed") note_written(op);
      if (b != 0) continue;
      if (type == "feed") place(result_.inputs, op, op.outputs(), "Out", where);
      if (type == "fetch") place(result_.outputs, op, op.inputs(), "X", where);
    }
  }

  using Arguments = flatbuffers::Vector<flatbuffers::Offset<schema::Var>>;
  using Attributes = flatbuffers::Vector<flatbuffers::Offset<schema::Attr>>;

  // The engine looks keys up by bisection.
  template <class Table, class Key>
  void check_order(const flatbuffers::Vector<flatbuffers::Offset<Table>>* tables, Key key, const std::string& where,
                   const char* what) const {
    std::string_view previous;
    for (size_t i = 0; i < length(tables); ++i) {
      const std::string_view name = name_of(key(*tables->Get(static_cast<flatbuffers::uoffset_t>(i))), where);
      if (i > 0 && !(previous < name)) bad(where, " has its ", what, " out of order at '", name, "'");
      previous = name;
    }
  }

  void check_arguments(size_t b, const Arguments* arguments, const std::string& where) const {
    check_order(
        arguments, [](const schema::Var& var) { return var.parameter(); }, where, "arguments");
    for (size_t i = 0; i < length(arguments); ++i) {
      const auto& argument = *arguments->Get(static_cast<flatbuffers::uoffset_t>(i));
      for (size_t j = 0; j < length(argument.arguments()); ++j) {
        const std::string_view name =
            name_of(argument.arguments()->GetAsString(static_cast<flatbuffers::uoffset_t>(j)), where);
        if (!is_known(b, name)) {
          bad(where, " takes '", name, "' as ", argument.parameter()->string_view(), ", but no such variable exists");
        }
      }
    }
  }

  void check_attributes(const Attributes* attributes, const std::string& where) const {
    check_order(
        attributes, [](const schema::Attr& attr) { return attr.name(); }, where, "attributes");
    for (size_t i = 0; i < length(attributes); ++i) {
      const auto& attribute = *attributes->Get(static_cast<flatbuffers::uoffset_t>(i));
      if (!has_value(attribute)) {
        bad(where, " has the attribute '", attribute.name()->string_view(), "' of type number ",
            static_cast<int>(attribute.type()), " without a value of that type");
      }
    }
  }

  void note_written(const schema::OpDesc& op) {
    for (size_t i = 0; i < length(op.outputs()); ++i) {
      const auto* names = op.outputs()->Get(static_cast<flatbuffers::uoffset_t>(i))->arguments();
      for (size_t j = 0; j < length(names); ++j) {
        written_.insert(names->GetAsString(static_cast<flatbuffers::uoffset_t>(j))->string_view());
      }
    }
  }

  bool is_block(int64_t index) const { return index >= 0 && static_cast<size_t>(index) < length(program_.blocks()); }

  bool has_value(const schema::Attr& attribute) const {
    switch (attribute.type()) {
      case schema::AttrType::INT:
      case schema::AttrType::FLOAT:
      case schema::AttrType::BOOLEAN:
      case schema::AttrType::LONG:
        return true;
      case schema::AttrType::STRING:
        return attribute.s() != nullptr;
      case schema::AttrType::INTS:
        return attribute.ints() != nullptr;
      case schema::AttrType::FLOATS:
        return attribute.floats() != nullptr;
      case schema::AttrType::STRINGS:
        return attribute.strings() != nullptr;
      case schema::AttrType::BOOLEANS:
        return attribute.bools() != nullptr;
      case schema::AttrType::LONGS:
        return attribute.longs() != nullptr && is_aligned(attribute.longs());
      case schema::AttrType::BLOCK:
        return is_block(attribute.block_idx());
      case schema::AttrType::BLOCKS:
        if (attribute.blocks_idx() == nullptr) return false;
        for (const int index : *attribute.blocks_idx()) {
          if (!is_block(index)) return false;
        }
        return true;
    }
    return false;
  }

  const schema::Attr* find(const schema::OpDesc& op, std::string_view name) const {
    for (size_t i = 0; i < length(op.attrs()); ++i) {
      const auto* attribute = op.attrs()->Get(static_cast<flatbuffers::uoffset_t>(i));
      if (attribute->name()->string_view() == name) return attribute;
    }
    return nullptr;
  }

  void count(size_t b, const schema::OpDesc& op, std::string_view type, const std::string& where) {
    ++result_.op_count;
    ++result_.ops[std::string(type)];
    const schema::Attr* attribute = find(op, kKernelAttribute);
    // Blocks that an accelerator's own compiler takes have no kernels; no processor of ours opens such a program.
    if (attribute == nullptr && b > 0 && result_.targets.count(kAcceleratorTarget) != 0) return;
    if (attribute == nullptr || attribute->type() != schema::AttrType::STRING) {
      bad(where, " names no kernel: the program was not optimised for Paddle Lite");
    }
    const std::string_view kernel_name = name_of(attribute->s(), where);
    const auto kernel = parse_kernel(kernel_name);
    if (!kernel) bad(where, " names the kernel '", kernel_name, "', expected op/alias/target/precision/layout");
    const std::string place = text(kernel->target, "/", kernel->precision, "/", kernel->layout);
    ++result_.kernels[place];
    ++result_.kernel_ops[place][std::string(type)];
    result_.targets.insert(kernel->target);
  }

  // ---- Inputs and outputs

  // Puts the variable of a feed or fetch operator where its attribute "col" says.
  void place(std::vector<NbTensor>& tensors, const schema::OpDesc& op, const Arguments* arguments,
             const char* parameter, const std::string& where) const {
    const schema::Attr* column = find(op, "col");
    if (column == nullptr || column->type() != schema::AttrType::INT) bad(where, " has no index (attribute 'col')");
    const int64_t index = column->i();
    const size_t limit = length(block(0).ops());
    if (index < 0 || static_cast<size_t>(index) >= limit) bad(where, " has the index ", index);
    const schema::Var* argument = nullptr;
    for (size_t i = 0; i < length(arguments); ++i) {
      const auto* candidate = arguments->Get(static_cast<flatbuffers::uoffset_t>(i));
      if (candidate->parameter()->string_view() == parameter) argument = candidate;
    }
    if (argument == nullptr || length(argument->arguments()) != 1) bad(where, " has no single ", parameter);
    if (tensors.size() <= static_cast<size_t>(index)) tensors.resize(static_cast<size_t>(index) + 1);
    NbTensor& tensor = tensors[static_cast<size_t>(index)];
    if (!tensor.name.empty()) bad(where, " has the index ", index, " of another one");
    tensor = describe(argument->arguments()->GetAsString(0)->string_view());
  }

  NbTensor describe(std::string_view name) const {
    NbTensor tensor;
    tensor.name = name;
    const auto variable = variables_[0].find(name);
    if (variable == variables_[0].end()) return tensor;
    const schema::LoDTensorDesc* description = variable->second->type()->lod_tensor();
    if (description == nullptr) return tensor;
    tensor.dtype = nb_dtype(static_cast<int32_t>(description->tensor()->data_type()));
    const auto* dims = description->tensor()->dims();
    if (length(dims) > 0) tensor.shape.emplace(dims->begin(), dims->end());
    return tensor;
  }

  void check_complete(const std::vector<NbTensor>& tensors, const char* op) const {
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i].name.empty()) bad("no ", op, " operator has the index ", i, ", though one has a higher");
    }
  }

  const std::string& file_;
  const schema::ProgramDesc& program_;
  std::vector<Variables> variables_;              // Of each block, by name.
  std::unordered_set<std::string_view> written_;  // Outputs of all operators but feed.
  NbProgram result_;
};

}  // namespace

NbProgram read_nb_program(const ByteSource& file, const NbSpan& span) {
  // The program begins at offset 26 of the file: only a copy is aligned as FlatBuffers' accessors need.
  std::vector<uint64_t> aligned((span.size + 7) / 8);
  file.read(span.offset, aligned.data(), span.size);
  const auto* bytes = reinterpret_cast<const uint8_t*>(aligned.data());
  // A table takes four bytes and is referred to by four more. With this limit no table can stand for many, which would
  // make a small file slow to check.
  const auto tables = static_cast<flatbuffers::uoffset_t>(span.size / 8 + 1);
  constexpr flatbuffers::uoffset_t kDepth = 16;  // The schema nests to 7.
  flatbuffers::Verifier verifier(bytes, span.size, kDepth, tables);
  if (span.size < 8 || !verifier.VerifyBuffer<schema::ProgramDesc>(nullptr)) {
    fail(OAR_BAD_MODEL, file.name(), ": the program at offset ", span.offset, " (", span.size,
         " bytes) is damaged or no Paddle Lite program");
  }
  return ProgramReader(file.name(), *flatbuffers::GetRoot<schema::ProgramDesc>(bytes)).read();
}

std::optional<oar_dtype> nb_dtype(int32_t number) {
  switch (static_cast<schema::DataType>(number)) {
    case schema::DataType::BOOL:
      return OAR_BOOL;
    case schema::DataType::INT16:
      return OAR_INT16;
    case schema::DataType::INT32:
      return OAR_INT32;
    case schema::DataType::INT64:
      return OAR_INT64;
    case schema::DataType::FP16:
      return OAR_FLOAT16;
    case schema::DataType::FP32:
      return OAR_FLOAT32;
    case schema::DataType::FP64:
      return OAR_FLOAT64;
    case schema::DataType::UINT8:
      return OAR_UINT8;
    case schema::DataType::INT8:
      return OAR_INT8;
    default:
      return std::nullopt;
  }
}

}  // namespace oarlock
