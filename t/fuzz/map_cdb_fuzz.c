/* Damaged cdb files. */
#include "lib/map/cdb_file.h"

#include "lib/base/file.h"

#include <stdio.h>
#include <sys/mman.h>

static bool count(void *context, struct span key UNUSED, struct span value UNUSED)
{
    return ++*(unsigned *)context < 100000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("cdb", MFD_CLOEXEC);
    struct buf value = BUF(1U << 20);
    struct cdb_file file;
    struct error err;
    unsigned records = 0;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (write_all(fd, span_of(data, size)) && cdb_file_open(&file, path, 0, &err)) {
        (void)!cdb_file_find(&file, SPAN_LITERAL("key\0"), &value, &err);
        (void)!cdb_file_find(&file, SPAN_LITERAL("two"), &value, &err);
        (void)!cdb_file_walk(&file, count, &records, &err);
        cdb_file_close(&file);
    }
    buf_release(&value);
    fd_close(&fd);
    return 0;
}
