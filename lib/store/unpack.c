/* Compressed message files. */
#include "lib/base/base.h"

#include "lib/store/unpack.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <bzlib.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define BLOCK_MAX  65536
#define MEMORY_MAX (4 * 1024 * 1024) /* longer content goes to a file */
#define MAGIC_MAX  4
#define WINDOW_LOG 25 /* of zstd: 32 MiB of memory */

struct blocks {
    const unsigned char *in;
    size_t in_len;
    unsigned char *out;
    size_t out_room;
};

/* STEP_END: a member is whole; there may be another one behind it. */
enum step { STEP_MORE, STEP_END, STEP_BROKEN };

/* --- gzip -------------------------------------------------------------------------------------- */

static void *gzip_begin(void)
{
    z_stream *z = mem_new(z_stream);

    if (inflateInit2(z, MAX_WBITS + 16) != Z_OK)
        log_fatal("inflateInit2 failed");
    return z;
}

static enum step gzip_step(void *state, struct blocks *blocks)
{
    z_stream *z = state;
    union {
        const unsigned char *from;
        unsigned char *to;
    } in = {blocks->in};
    int result;

    z->next_in = in.to;
    z->avail_in = (uInt)blocks->in_len;
    z->next_out = blocks->out;
    z->avail_out = (uInt)blocks->out_room;
    result = inflate(z, Z_NO_FLUSH);
    blocks->in = z->next_in;
    blocks->in_len = z->avail_in;
    blocks->out = z->next_out;
    blocks->out_room = z->avail_out;
    if (result == Z_STREAM_END) { /* another member may follow */
        inflateReset(z);
        return STEP_END;
    }
    return result == Z_OK || result == Z_BUF_ERROR ? STEP_MORE : STEP_BROKEN;
}

static void gzip_end(void *state)
{
    inflateEnd(state);
    mem_free(state);
}

/* --- bzip2 ------------------------------------------------------------------------------------- */

static void *bzip2_begin(void)
{
    bz_stream *bz = mem_new(bz_stream);

    if (BZ2_bzDecompressInit(bz, 0, 0) != BZ_OK)
        log_fatal("BZ2_bzDecompressInit failed");
    return bz;
}

static enum step bzip2_step(void *state, struct blocks *blocks)
{
    bz_stream *bz = state;
    union {
        const unsigned char *from;
        char *to;
    } in = {blocks->in};
    int result;

    bz->next_in = in.to;
    bz->avail_in = (unsigned)blocks->in_len;
    bz->next_out = (char *)blocks->out;
    bz->avail_out = (unsigned)blocks->out_room;
    result = BZ2_bzDecompress(bz);
    blocks->in += blocks->in_len - bz->avail_in;
    blocks->in_len = bz->avail_in;
    blocks->out += blocks->out_room - bz->avail_out;
    blocks->out_room = bz->avail_out;
    if (result == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(bz);
        *bz = (bz_stream){0};
        return BZ2_bzDecompressInit(bz, 0, 0) == BZ_OK ? STEP_END : STEP_BROKEN;
    }
    return result == BZ_OK ? STEP_MORE : STEP_BROKEN;
}

static void bzip2_end(void *state)
{
    BZ2_bzDecompressEnd(state);
    mem_free(state);
}

/* --- zstd -------------------------------------------------------------------------------------- */

static void *zstd_begin(void)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();

    if (context == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG)))
        log_fatal("ZSTD_createDCtx failed");
    return context;
}

static enum step zstd_step(void *state, struct blocks *blocks)
{
    ZSTD_inBuffer in = {blocks->in, blocks->in_len, 0};
    ZSTD_outBuffer out = {blocks->out, blocks->out_room, 0};
    size_t result = ZSTD_decompressStream(state, &out, &in);

    blocks->in += in.pos;
    blocks->in_len -= in.pos;
    blocks->out += out.pos;
    blocks->out_room -= out.pos;
    return ZSTD_isError(result) ? STEP_BROKEN : result == 0 ? STEP_END : STEP_MORE;
}

static void zstd_end(void *state)
{
    ZSTD_freeDCtx(state);
}

/* --- all of them ------------------------------------------------------------------------------- */

static const struct format {
    const char *magic;
    size_t magic_len;
    void *(*begin)(void);
    /* step - read and write as much as there is */
    enum step (*step)(void *state, struct blocks *blocks);
    void (*end)(void *state);
} formats[] = {
    {"\x1f\x8b\x08",     3, gzip_begin,  gzip_step,  gzip_end },
    {"BZh",              3, bzip2_begin, bzip2_step, bzip2_end},
    {"\x28\xb5\x2f\xfd", 4, zstd_begin,  zstd_step,  zstd_end },
};

static const struct format *format_of(struct span octets)
{
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        if (octets.len >= formats[i].magic_len &&
            memcmp(octets.data, formats[i].magic, formats[i].magic_len) == 0)
            return &formats[i];
    }
    return NULL;
}

static const struct format *find_format(int fd)
{
    char magic[MAGIC_MAX];
    ssize_t len = pread(fd, magic, sizeof(magic), 0);

    return len < 0 ? NULL : format_of(span_of(magic, (size_t)len));
}

bool unpack_begins(struct span octets)
{
    return format_of(octets) != NULL;
}

bool unpack_is_needed(int fd)
{
    return find_format(fd) != NULL;
}

/* --- where it goes ----------------------------------------------------------------------------- */

struct target {
    int fd, directory;
    uint64_t size;
    bool is_file;
};

static bool copy_to(int from, uint64_t size, int to)
{
    char block[8192];

    for (uint64_t at = 0; at < size;) {
        size_t len = size - at < sizeof(block) ? (size_t)(size - at) : sizeof(block);
        if (!pread_all(from, block, len, (off_t)at) || !write_all(to, span_of(block, len)))
            return false;
        at += len;
    }
    return true;
}

static bool move_to_file(struct target *target)
{
    int fd = file_nameless(target->directory);

    if (fd < 0 || !copy_to(target->fd, target->size, fd)) {
        fd_close(&fd);
        return false;
    }
    fd_close(&target->fd);
    target->fd = fd;
    target->is_file = true;
    return true;
}

static bool put(struct target *target, const void *data, size_t len)
{
    if (target->size + len > MEMORY_MAX && !target->is_file && !move_to_file(target))
        return false;
    target->size += len;
    return write_all(target->fd, span_of(data, len));
}

enum outcome { WHOLE, CUT, NO_ROOM };

static enum outcome unpack_all(const struct format *format, void *state, int packed,
                               struct target *target)
{
    unsigned char in[BLOCK_MAX], out[BLOCK_MAX];
    bool ended = false;
    off_t at = 0;
    ssize_t len;

    while ((len = pread(packed, in, sizeof(in), at)) > 0) {
        struct blocks blocks = {.in = in, .in_len = (size_t)len};
        at += len;
        /* Until all is read, and no more comes out of it. */
        do {
            size_t before = blocks.in_len;
            enum step step;
            blocks.out = out;
            blocks.out_room = sizeof(out);
            step = format->step(state, &blocks);
            if (!put(target, out, sizeof(out) - blocks.out_room))
                return NO_ROOM;
            if (step == STEP_BROKEN || target->size > UNPACK_MAX ||
                (blocks.in_len == before && before > 0 && blocks.out_room == sizeof(out)))
                return CUT;
            ended = step == STEP_END || (ended && blocks.in_len == before);
        } while (blocks.in_len > 0 || blocks.out_room == 0);
    }
    return ended ? WHOLE : CUT;
}

int unpack(int packed, int directory, const char *name, uint64_t *size_r, struct error *err)
{
    const struct format *format = find_format(packed);
    struct target target = {.fd = memfd_create("message", MFD_CLOEXEC), .directory = directory};
    void *state = format == NULL ? NULL : format->begin();
    enum outcome outcome = NO_ROOM;
    struct stat status;

    if (target.fd >= 0 && format != NULL)
        outcome = unpack_all(format, state, packed, &target);
    if (format != NULL)
        format->end(state);
    if (outcome == NO_ROOM) {
        error_errno(err, "unpack %s", name);
        err->kind = ERROR_TEMPORARY;
        fd_close(&target.fd);
        return -1;
    }
    if (outcome == CUT)
        log_warning("compressed message %s is damaged or too long", name);
    *size_r = target.size;
    if (target.size == 0 && outcome == CUT && fstat(packed, &status) == 0) {
        fd_close(&target.fd);
        *size_r = (uint64_t)status.st_size;
        return fcntl(packed, F_DUPFD_CLOEXEC, 0);
    }
    return target.fd;
}
