// By this symbol the core knows an engine that will open MKL.
namespace paddle {
namespace lite {
namespace x86 {

extern void* mklml_dso_handle;
void* mklml_dso_handle = nullptr;

}  // namespace x86
}  // namespace lite
}  // namespace paddle
