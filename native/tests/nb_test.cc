#include "nb.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "empty_model.h"
#include "failures.h"
#include "nb_kernel.h"
#include "nb_writer.h"
#include "temporary_folder.h"

namespace {

using oarlock::ByteSource;
using oarlock::NbModel;
using oarlock::read_nb;
using oarlock::text;
using oarlock::fake::Bytes;
using oarlock::fake::NbFile;
using oarlock::fake::simple_nb;
using oarlock::fake::write_nb;
using oarlock::testing::fails;
using oarlock::testing::TemporaryFolder;

constexpr int kX86 = 2;
constexpr size_t kProgramAt = 26;

NbFile sound() { return simple_nb({{"x", {-1, 3, 8, 8}}}, {{"y", {-1, 10}}}, kX86); }

NbModel read(const Bytes& bytes) { return read_nb(ByteSource::from_memory("m.nb", bytes.data(), bytes.size())); }

::testing::AssertionResult is_bad(const Bytes& bytes, const std::string& part) {
  return fails(OAR_BAD_MODEL, part, [&] { read(bytes); });
}

::testing::AssertionResult is_bad(const NbFile& file, const std::string& part) { return is_bad(write_nb(file), part); }

size_t params_at(const Bytes& bytes) {
  uint64_t program = 0;
  std::memcpy(&program, bytes.data() + 18, sizeof program);
  return kProgramAt + program;
}

TEST(Nb, DescribesASoundFile) {
  NbFile file = simple_nb({{"a", {-1, 4}}, {"b", {-1, 3}, oarlock::fake::kInt64}}, {{"y", {-1, 10}}, {"z", {}}}, 4);
  const Bytes bytes = write_nb(file);
  const auto json = nlohmann::json::parse(oarlock::describe_nb(read(bytes)));
  const auto expected = nlohmann::json::parse(R"({
    "file": "m.nb", "meta_version": 2, "version": "2.12", "targets": ["arm", "host"],
    "inputs": [{"name": "a", "shape": [-1, 4], "dtype": "float32"}, {"name": "b", "shape": [-1, 3], "dtype": "int64"}],
    "outputs": [{"name": "y", "shape": [-1, 10], "dtype": "float32"}, {"name": "z", "shape": null, "dtype": "float32"}],
    "ops": {"conv2d": 1, "feed": 2, "fetch": 2}, "op_count": 5,
    "kernels": {"arm/float/nchw": 1, "host/any/any": 4},
    "kernel_ops": {"arm/float/nchw": {"conv2d": 1}, "host/any/any": {"feed": 2, "fetch": 2}},
    "params": {"count": 1, "elements": 6, "bytes": 24, "dtypes": {"float32": 1}}})");
  auto described = json;
  described.erase("size");
  EXPECT_EQ(described, expected);
  EXPECT_EQ(json["size"], bytes.size());
}

TEST(Nb, IsReadFromAFileAsFromMemory) {
  const TemporaryFolder folder;
  const std::string path = folder.write("m.nb", write_nb(sound()));
  EXPECT_EQ(read_nb(ByteSource::open_file(path)).program.inputs.at(0).name, "x");
}

TEST(Nb, TakesNamesThatAreNoUtf8) {
  NbFile file = simple_nb({{"x\xff", {-1, 3}}}, {{"y", {-1, 10}}}, kX86);
  const auto json = nlohmann::json::parse(oarlock::describe_nb(read(write_nb(file))));
  EXPECT_EQ(json["inputs"][0]["name"], "x\xef\xbf\xbd");
}

// ---- Files that are something else

TEST(NbLookalikes, AreNamed) {
  const auto text_bytes = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  EXPECT_TRUE(is_bad(Bytes{}, "m.nb: is empty"));
  EXPECT_TRUE(is_bad(text_bytes("hello\n"), "is text, not a Paddle Lite model"));
  EXPECT_TRUE(is_bad(text_bytes("{\"base_code\": {}}"), "is JSON text"));
  EXPECT_TRUE(is_bad(text_bytes("PK\003\004..."), "is a zip archive"));
  EXPECT_TRUE(is_bad(Bytes(100, 0x99), "meta version 39321 at offset 0, expected 2"));
  const Bytes pdmodel{'\n', 0x80, 0x01, 0x08, 0x00, 0x10, 0xff, 0xff};
  EXPECT_TRUE(fails(OAR_BAD_MODEL, "is a PaddlePaddle model",
                    [&] { read_nb(ByteSource::from_memory("m.pdmodel", pdmodel.data(), pdmodel.size())); }));
}

TEST(NbLookalikes, InTheFileSystemAreNamed) {
  const TemporaryFolder folder;
  EXPECT_TRUE(fails(OAR_INVALID_ARGUMENT, "is a folder", [&] { ByteSource::open_file(folder.path()); }));
  EXPECT_TRUE(fails(OAR_NOT_FOUND, "no such file", [&] { ByteSource::open_file(folder / "none.nb"); }));
  EXPECT_TRUE(fails(OAR_INVALID_ARGUMENT, "is no regular file", [&] { ByteSource::open_file("/dev/null"); }));
}

TEST(NbContainer, OlderLayoutsAreAnotherVersion) {
  NbFile file = sound();
  file.meta_version = 1;
  EXPECT_TRUE(fails(OAR_VERSION_MISMATCH, "meta version 1, expected 2", [&] { read(write_nb(file)); }));
}

TEST(NbContainer, EveryTruncationIsRefused) {
  const Bytes bytes = write_nb(sound());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(is_bad(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)), "m.nb: ")) << size;
  }
}

TEST(NbContainer, TrailingBytesAreRefused) {
  Bytes bytes = write_nb(sound());
  bytes.push_back(0);
  EXPECT_TRUE(is_bad(bytes, "1 bytes follow the last of 1 parameters"));
}

TEST(NbContainer, VersionMustBeText) {
  NbFile file = sound();
  file.version = std::string(16, 'x');
  EXPECT_TRUE(is_bad(file, "is no NUL-ended text"));
  file.version = "v2\n";
  EXPECT_TRUE(is_bad(file, "is no NUL-ended text"));
}

TEST(NbContainer, GarbageAfterTheVersionDoesNotMatter) {
  Bytes bytes = write_nb(sound());
  bytes[2 + 6] = 0xcc;
  EXPECT_EQ(read(bytes).container.version, "v2.12");
}

TEST(NbContainer, SizesMustFit) {
  const Bytes bytes = write_nb(sound());
  Bytes changed = bytes;
  std::memset(changed.data() + 18, 0xff, 8);
  EXPECT_TRUE(is_bad(changed, "the program at offset 26 has 18446744073709551615 bytes"));
  const size_t section = params_at(bytes);
  changed = bytes;
  changed[section] = 1;
  EXPECT_TRUE(is_bad(changed, "begins with 1, 0, 6, expected 0, 0, 6"));
  changed = bytes;
  changed[section + 6] = 2;
  EXPECT_TRUE(is_bad(changed, "is truncated"));
  changed = bytes;
  changed[section + 8] = 25;
  EXPECT_TRUE(is_bad(changed, "largest parameter has 25 bytes, found 24"));
  changed = bytes;
  changed[section + 12 + 4] = 8;
  EXPECT_TRUE(is_bad(changed, "parameter 0 at offset"));
}

// ---- Programs

TEST(NbProgram, DamageIsFound) {
  Bytes bytes = write_nb(sound());
  std::memset(bytes.data() + kProgramAt, 0xff, 4);
  EXPECT_TRUE(is_bad(bytes, "the program at offset 26"));
}

TEST(NbProgram, OperatorsMayOnlyNameVariables) {
  NbFile file = sound();
  file.operators[1].inputs["Input"] = {"missing"};
  EXPECT_TRUE(is_bad(file, "block 0, op 1 (conv2d) takes 'missing' as Input, but no such variable exists"));
}

TEST(NbProgram, OptionalArgumentsMayBeLeftOut) {
  NbFile file = sound();
  file.operators[1].inputs["Bias"] = {};
  file.operators[1].inputs["Extra"] = {"@EMPTY@"};
  EXPECT_EQ(read(write_nb(file)).program.op_count, 3);
}

TEST(NbProgram, NamesMustDiffer) {
  NbFile file = sound();
  file.variables.push_back(file.variables.back());
  EXPECT_TRUE(is_bad(file, "has the name 'y' of another one"));
}

TEST(NbProgram, TypesMustBeKnown) {
  NbFile file = sound();
  file.variables[3].type = 16;
  EXPECT_TRUE(is_bad(file, "variable 3 'x' has the type number 16"));
  file = sound();
  file.variables[3].data_type = 11;
  EXPECT_TRUE(is_bad(file, "is a tensor of type number 11"));
  file = sound();
  file.variables[3].dims = {-2};
  EXPECT_TRUE(is_bad(file, "has the size -2 in dimension 0"));
}

// FlatBuffers' verifier lets this pass.
TEST(NbProgram, MisalignedShapesAreFound) {
  Bytes bytes = write_nb(simple_nb({{"x", {1, 5}}}, {{"y", {-1, 10}}}, kX86));
  const Bytes vector{2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0};
  const auto found = std::search(bytes.begin(), bytes.end(), vector.begin(), vector.end()) - bytes.begin();
  int changed = 0;
  for (size_t at = kProgramAt; at + 4 <= static_cast<size_t>(found); ++at) {
    uint32_t offset = 0;
    std::memcpy(&offset, bytes.data() + at, sizeof offset);
    if (at + offset != static_cast<size_t>(found)) continue;
    offset +=
        4;  // Where it now leads, the first 1 is the length and the rest one value that is not at a multiple of 8.
    std::memcpy(bytes.data() + at, &offset, sizeof offset);
    ++changed;
  }
  ASSERT_EQ(changed, 1);
  EXPECT_TRUE(is_bad(bytes, "variable 3 'x' has a misaligned shape"));
}

TEST(NbProgram, KernelsMustBeNamed) {
  NbFile file = sound();
  file.operators[1].kernel = "";
  EXPECT_TRUE(is_bad(file, "names no kernel"));
  for (const char* kernel : {"conv2d", "conv2d/def/2/1", "conv2d/def/99/1/1", "conv2d/def/2/1/x", "conv2d/def/2/1/"}) {
    file.operators[1].kernel = kernel;
    EXPECT_TRUE(is_bad(file, text("names the kernel '", kernel, "'"))) << kernel;
  }
}

TEST(NbProgram, IndicesOfInputsAndOutputsMustBeComplete) {
  NbFile file = sound();
  file.operators[0].ints["col"] = 1;
  EXPECT_TRUE(is_bad(file, "no feed operator has the index 0"));
  file.operators[0].ints["col"] = -1;
  EXPECT_TRUE(is_bad(file, "op 0 (feed) has the index -1"));
  file.operators[0].ints["col"] = 1 << 30;
  EXPECT_TRUE(is_bad(file, "op 0 (feed) has the index 1073741824"));
  file.operators[0].ints.clear();
  EXPECT_TRUE(is_bad(file, "has no index"));
  file = sound();
  file.operators.push_back(file.operators.back());
  EXPECT_TRUE(is_bad(file, "has the index 0 of another one"));
  file = sound();
  file.operators[2].inputs["X"] = {};
  EXPECT_TRUE(is_bad(file, "op 2 (fetch) has no single X"));
}

TEST(NbProgram, InputsThatTheModelWritesAreMarked) {
  NbFile file = sound();
  EXPECT_FALSE(read(write_nb(file)).program.inputs[0].is_overwritten);
  file.operators[1].outputs["Output"].push_back("x");
  EXPECT_TRUE(read(write_nb(file)).program.inputs[0].is_overwritten);
}

// ---- Parameters

TEST(NbParams, MustBelongToVariables) {
  NbFile file = sound();
  file.parameters[0].name = "v";
  EXPECT_TRUE(is_bad(file, "parameter 0 ('v') at offset"));
  file = sound();
  file.parameters.clear();
  EXPECT_TRUE(is_bad(file, "has 0 parameters, but the program has 1 variables that need one"));
  file = sound();
  file.parameters.push_back(file.parameters[0]);
  EXPECT_TRUE(is_bad(file, "is out of order: it follows 'w'"));
}

TEST(NbParams, BytesMustMatchTheShape) {
  const auto with_dims = [](std::vector<int64_t> dims) {
    NbFile file = sound();
    file.parameters[0].dims = std::move(dims);
    return file;
  };
  EXPECT_TRUE(is_bad(with_dims({2, 4}), "has 24 bytes of values, which is not what float32 [2, 4] takes"));
  EXPECT_TRUE(is_bad(with_dims({-2, -3}), "float32 [-2, -3]"));
  EXPECT_TRUE(is_bad(with_dims({int64_t{1} << 62, 4}), "which is not what float32"));
  EXPECT_TRUE(is_bad(with_dims({int64_t{1} << 62, 3, 2}), "which is not what float32"));
  NbFile file = sound();
  file.parameters[0].dims = {0};
  file.parameters[0].data.clear();
  EXPECT_TRUE(is_bad(file, "has 0 bytes of values"));
  file = sound();
  file.parameters[0].data_type = oarlock::fake::kLodTensor;
  EXPECT_TRUE(is_bad(file, "has the type number 7"));
}

// ---- Kernels and versions

TEST(NbKernel, ReadsTheNumbersFromTheEnd) {
  const auto kernel = oarlock::parse_kernel("lookup/table/def/4/5/3");
  ASSERT_TRUE(kernel);
  EXPECT_EQ(kernel->target, "arm");
  EXPECT_EQ(kernel->precision, "fp16");
  EXPECT_EQ(kernel->layout, "nhwc");
  EXPECT_EQ(oarlock::parse_kernel("a/def/18/10/8")->target, "nnadapter");
  EXPECT_FALSE(oarlock::parse_kernel("a/def/19/1/1"));
  EXPECT_FALSE(oarlock::parse_kernel("/def/1/1/1"));
}

TEST(NbVersion, IsTheNumberWithoutTheV) {
  EXPECT_EQ(oarlock::version_number("v2.12"), "2.12");
  EXPECT_EQ(oarlock::version_number("v2.13-rc"), "2.13rc0");
  EXPECT_EQ(oarlock::version_number("v2.13-rc1"), "2.13rc1");
  EXPECT_EQ(oarlock::version_number("2.13rc0"), "2.13rc0");
  for (const char* other : {"", "v", "3d329c954c", "v.12", "v2", "v2.", "release/v2.12"}) {
    EXPECT_EQ(oarlock::version_number(other), "") << other;
  }
}

// ---- Accelerators

// What an accelerator's own compiler takes lies in blocks of its own, without kernels.
TEST(NbAccelerator, BlocksForItNeedNoKernels) {
  constexpr int kNnadapter = 18;
  NbFile file = simple_nb({{"x", {-1, 3, 8, 8}}}, {{"y", {-1, 10}}}, kNnadapter);
  file.inner_operators.push_back({"relu", "", {{"X", {"x"}}}, {{"Out", {"y"}}}, {}});
  const NbModel model = read(write_nb(file));
  EXPECT_EQ(model.program.op_count, 4);
  EXPECT_EQ(model.program.ops.at("relu"), 1);
  EXPECT_EQ(model.program.targets.count("nnadapter"), 1U);
  file.operators.push_back(file.inner_operators[0]);
  EXPECT_TRUE(is_bad(file, "block 0, op 3 (relu) names no kernel"));
}

TEST(NbAccelerator, BlocksForOurProcessorsNeedThem) {
  NbFile file = sound();
  file.inner_operators.push_back({"relu", "", {{"X", {"x"}}}, {{"Out", {"y"}}}, {}});
  EXPECT_TRUE(is_bad(file, "block 1, op 0 (relu) names no kernel: the program was not optimised"));
}

// ---- The model for asking an engine who it is

TEST(EmptyModel, IsASoundFileWithNothingInIt) {
  const NbModel model = read(Bytes(std::begin(oarlock::kEmptyModel), std::end(oarlock::kEmptyModel)));
  EXPECT_EQ(model.container.version, "v2.12");
  EXPECT_EQ(model.program.op_count, 0u);
  EXPECT_TRUE(model.program.inputs.empty() && model.program.outputs.empty());
  EXPECT_EQ(model.params.count, 0u);
}

// ---- The C interface

TEST(NbAbi, OpensAndDescribes) {
  const Bytes bytes = write_nb(sound());
  oar_nb* nb = nullptr;
  ASSERT_EQ(oar_nb_open_memory("m.nb", bytes.data(), bytes.size(), &nb), OAR_OK) << oar_last_error();
  EXPECT_EQ(nlohmann::json::parse(oar_nb_description(nb))["file"], "m.nb");
  oar_nb_close(nb);
  oar_nb_close(nullptr);
  EXPECT_STREQ(oar_nb_description(nullptr), "");
}

TEST(NbAbi, RefusesNull) {
  oar_nb* nb = nullptr;
  EXPECT_EQ(oar_nb_open(nullptr, &nb), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_nb_open("m.nb", nullptr), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_nb_open_memory("m.nb", nullptr, 3, &nb), OAR_INVALID_ARGUMENT);
  EXPECT_EQ(oar_nb_open("/none/m.nb", &nb), OAR_NOT_FOUND);
  EXPECT_STREQ(oar_last_error(), "/none/m.nb: no such file");
  EXPECT_EQ(nb, nullptr);
}

}  // namespace
