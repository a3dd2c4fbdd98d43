#include "sample_bundle.h"

#include "sha256.h"

namespace oarlock {
namespace testing {

using nlohmann::json;

SampleBundle::SampleBundle(const std::string& model) {
  manifest = json::parse(R"({
    "format": "oarlock-bundle", "format_version": 1, "name": "Sample",
    "created_by": {"tool": "oarlock-opt", "version": "0.1.0"},
    "inputs": [{"name": "x", "shape": [-1, 3, 8, 8], "dtype": "float32"}],
    "preprocess": {
      "color": "RGB", "exif_orientation": true, "crop_fraction": null,
      "resize": {"short": 10, "interpolation": "bilinear"}, "center_crop": {"width": 8, "height": 8},
      "scale": 0.00392156862745098, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "layout": "NCHW"},
    "outputs": [{"name": "y", "shape": [-1, 10], "dtype": "float32", "meaning": "logits"}],
    "variants": [],
    "source": {"kind": "zoo", "zoo": {"name": "Sample", "weights": "random", "seed": 0},
               "files": [{"name": "inference.pdmodel", "sha256": "", "size": 7}],
               "paddle_version": "3.3.1", "repairs": [{"name": "relu6", "count": 2, "reason": "threshold"}]},
    "golden": {"reference": {"engine": "paddle", "version": "3.3.1", "device": "cpu"}, "cases": [],
               "tolerances": {"fp32": {"max_relative_error": 1e-5}}}})");
  manifest["source"]["files"][0]["sha256"] = std::string(64, 'a');
  manifest["labels"] = add_file("labels.txt", "cat\ndog\nolive, green\n");
  manifest["labels"]["count"] = 3;
  for (const char* id : {"x86-int8", "x86-fp32", "arm64-fp16", "arm64-fp32", "armv7-fp32"}) {
    const std::string name = id;
    json variant = add_file(name + ".nb", model);
    variant["id"] = id;
    variant["target"] = name.substr(0, name.find('-'));
    variant["precision"] = name.substr(name.find('-') + 1);
    variant["engine"] = {{"name", "paddle-lite"}, {"version", "2.12"}};
    variant["ops"] = 3;
    variant["kernels"] = {{"x86/float/nchw", 1}};
    variant["quantisation"] = nullptr;
    manifest["variants"].push_back(variant);
  }
  json input = add_file("golden/0-x.npy", "input");
  json output = add_file("golden/0-y.npy", "output");
  input["name"] = "x";
  output["name"] = "y";
  manifest["golden"]["cases"].push_back({{"name", "0"},
                                         {"image", add_file("golden/0.png", "picture")},
                                         {"inputs", json::array({input})},
                                         {"outputs", json::array({output})}});
}

std::string SampleBundle::write() const {
  folder.write("s.oar/bundle.json", manifest.dump());
  return folder / "s.oar";
}

json SampleBundle::add_file(const std::string& name, const std::string& content) const {
  folder.write("s.oar/" + name, content);
  Sha256 hash;
  hash.update(content.data(), content.size());
  return {{"file", name}, {"sha256", hash.finish()}, {"size", content.size()}};
}

}  // namespace testing
}  // namespace oarlock
