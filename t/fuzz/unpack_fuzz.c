/* Compressed message files. */
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/store/unpack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    uint64_t unpacked = 0;
    int fd = memfd_create("packed", MFD_CLOEXEC), content;

    if (fd < 0 || !write_all(fd, span_of(data, size)))
        return 0;
    if (unpack_is_needed(fd)) {
        content = unpack(fd, AT_FDCWD, "input", &unpacked, &err);
        ASSERT(content >= 0 || err.kind == ERROR_TEMPORARY);
        fd_close(&content);
    }
    fd_close(&fd);
    return 0;
}
