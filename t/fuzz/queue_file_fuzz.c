/*
 * Queue files. The input is a whole file; so that the checksums do not keep the fuzzer out for ever,
 * it is read a second time with the right ones put in, where the header says that they belong. Whole or in
 * portions, it is the same.
 */
#include "lib/queue/layout.h"
#include "lib/queue/queue_portions.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

static void read_portions(int fd, bool is_good, const struct queue_envelope *whole)
{
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct queue_position position;
    struct error err = {0};
    size_t place = 0;

    ASSERT(queue_reader_open(reader, fd, arena, &envelope, &position, &err) == is_good);
    while (is_good && position.pending > 0) {
        struct queue_recipient portion[3];
        size_t count;

        ASSERT(queue_reader_next(reader, fd, &position, arena, ARRAY_LENGTH(portion), portion,
                                 &count, &err));
        for (size_t i = 0; i < count; i++, place++) {
            while (whole->recipients[place].status == RECIPIENT_DONE)
                place++;
            ASSERT(strcmp(portion[i].address, whole->recipients[place].address) == 0);
        }
    }
    arena_free(&arena);
    queue_reader_free(&reader);
}

static void read_file(const void *data, size_t size)
{
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct error err = {0};
    bool is_good;
    int fd = memfd_create("queue file", MFD_CLOEXEC);

    ASSERT(write_all(fd, span_of(data, size)));
    is_good = queue_file_read(fd, arena, &envelope, &err);
    read_portions(fd, is_good, &envelope);
    if (is_good && !queue_file_content_is_whole(fd, &envelope, &err))
        ASSERT(err.kind == ERROR_MALFORMED);
    arena_free(&arena);
    close(fd);
}

static void mend(struct layout_header *header, const unsigned char *file, size_t size)
{
    uint64_t at = layout_get_u64(header->envelope_offset);
    uint64_t len = layout_get_u64(header->envelope_size);

    if (at <= size && len <= size - at)
        layout_put_u32(header->envelope_crc, (uint32_t)crc32_z(0, file + at, (size_t)len));
    layout_put_u32(header->header_crc,
                   (uint32_t)crc32_z(0, header->magic, offsetof(struct layout_header, header_crc)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    if (size >= sizeof(struct layout_header)) {
        unsigned char *file = mem_alloc(size);
        struct layout_header header;

        memcpy(file, data, size);
        memcpy(&header, file, sizeof(header));
        mend(&header, file, size);
        memcpy(file, &header, sizeof(header));
        read_file(file, size);
        mem_free(file);
    }
    return 0;
}
