/* A plugin of qemu (TCG plugins, API version 1, that of Debian 12's 7.2) that counts the guest's instructions.
 *
 *   qemu-aarch64 -plugin oarlock-instruction-counter.so,out=FILE PROGRAM …
 *
 * keeps the number in FILE, eight bytes in the order of this machine, which others may read at any time. Exact for a
 * program of one thread; several may lose some, since their additions are not atomic. An instruction that is left
 * half-way counts as whole.
 *
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What of qemu's interface is used, declared from its documentation. */
struct qemu_plugin_tb;
typedef void (*tb_callback)(uint64_t id, struct qemu_plugin_tb* tb);
enum { kAddU64 = 0 };
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tb_callback callback);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb* tb, int operation, void* counter, uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* tb);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void* info, int argc, char** argv);

static void* counter;

static void count(uint64_t id, struct qemu_plugin_tb* tb) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(tb, kAddU64, counter, qemu_plugin_tb_n_insns(tb));
}

int qemu_plugin_install(uint64_t id, const void* info, int argc, char** argv) {
  (void)info;
  if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) return -1;
  const int file = open(argv[0] + 4, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return -1;
  const int sized = ftruncate(file, sizeof(uint64_t));
  if (sized == 0) counter = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (sized != 0 || counter == MAP_FAILED) return -1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, count);
  return 0;
}
