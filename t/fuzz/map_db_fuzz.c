/* Damaged Berkeley DB files, of both types. */
#include "lib/map/db_file.h"

#include "lib/base/file.h"

#include <stdio.h>
#include <sys/mman.h>

static bool count(void *context, struct span key UNUSED, struct span value UNUSED)
{
    return ++*(unsigned *)context < 100000;
}

static void read_file(const char *path, enum db_file_type type)
{
    struct error err;
    struct db_file *file = db_file_open(path, type, 0, &err);
    struct buf value = BUF(1U << 20);
    unsigned entries = 0;

    if (file == NULL)
        return;
    if (type == DB_FILE_HASH) {
        (void)!db_hash_find(file, SPAN_LITERAL("key\0"), &value, &err);
        (void)!db_hash_walk(file, count, &entries, &err);
    } else {
        (void)!db_btree_find(file, SPAN_LITERAL("key\0"), &value, &err);
        (void)!db_btree_walk(file, count, &entries, &err);
    }
    buf_release(&value);
    db_file_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("db", MFD_CLOEXEC);

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (write_all(fd, span_of(data, size))) {
        read_file(path, DB_FILE_HASH);
        read_file(path, DB_FILE_BTREE);
    }
    fd_close(&fd);
    return 0;
}
