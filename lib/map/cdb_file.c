/* Reading cdb files (lib/map/cdb_file.h). */
#include "lib/map/cdb_file.h"

#include "lib/base/file.h"

#include <sys/mman.h>
#include <unistd.h>

#define SLOTS_AT_ONCE 4
#define BLOCK_SIZE    4096U
#define LARGE_PAGE    (2048U * 1024)
#define CACHE_LEAST   16U /* blocks */

uint32_t cdb_hash(struct span key)
{
    uint32_t hash = 5381;

    for (size_t i = 0; i < key.len; i++)
        hash = ((hash << 5) + hash) ^ (unsigned char)key.data[i];
    return hash;
}

static bool damaged(struct error *err, const char *what, uint64_t position)
{
    error_set(err, ERROR_TEMPORARY, "damaged database: %s at %" PRIu64, what, position);
    return false;
}

static uint64_t block_size(const struct cdb_file *file, uint64_t start)
{
    return file->size - start < BLOCK_SIZE ? file->size - start : BLOCK_SIZE;
}

/* A block of the file, whole; the last one is shorter. */
static const unsigned char *read_block(const struct cdb_file *file, uint64_t number,
                                       struct error *err)
{
    uint64_t place = number % file->cache_count;
    unsigned char *octets = file->octets + place * BLOCK_SIZE;
    uint64_t start = number * BLOCK_SIZE;
    ssize_t got;

    if (file->held[place] == number + 1)
        return octets;
    file->held[place] = 0;
    do {
        got = pread(file->stamp.fd, octets, BLOCK_SIZE, (off_t)start);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        error_errno(err, "read database");
        return NULL;
    }
    if ((uint64_t)got < block_size(file, start)) {
        (void)damaged(err, "it ends", start + (uint64_t)got);
        return NULL;
    }
    file->held[place] = number + 1;
    return octets;
}

static bool read_at(const struct cdb_file *file, uint64_t position, void *octets, size_t len,
                    struct error *err)
{
    unsigned char *to = octets;

    if (position > file->size || len > file->size - position)
        return damaged(err, "something past its end", position);
    while (len > 0) {
        const unsigned char *block = read_block(file, position / BLOCK_SIZE, err);
        size_t offset = (size_t)(position % BLOCK_SIZE);
        size_t some = BLOCK_SIZE - offset < len ? BLOCK_SIZE - offset : len;

        if (block == NULL)
            return false;
        memcpy(to, block + offset, some);
        to += some;
        position += some;
        len -= some;
    }
    return true;
}

/* The tables lie behind the records, each within the file. */
static bool check_header(struct cdb_file *file, struct error *err)
{
    file->records_end = file->size;
    for (unsigned i = 0; i < CDB_TABLES; i++) {
        uint64_t position = cdb_number(file->header + (size_t)i * CDB_PAIR_SIZE);
        uint64_t slots = cdb_number(file->header + (size_t)i * CDB_PAIR_SIZE + 4);

        if (position < CDB_HEADER_SIZE || position > file->size ||
            slots * CDB_PAIR_SIZE > file->size - position)
            return damaged(err, "a table out of bounds", (uint64_t)i * CDB_PAIR_SIZE);
        if (position < file->records_end)
            file->records_end = position;
    }
    return true;
}

/* Keys lie all over a file: in a large cache, half of the time of a look-up would be the search for pages. */
static void use_large_pages(unsigned char *octets, size_t len)
{
    size_t skipped = LARGE_PAGE - (size_t)((uintptr_t)octets % LARGE_PAGE);

    if (len > skipped + LARGE_PAGE)
        (void)madvise(octets + skipped, (len - skipped) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
}

static void create_cache(struct cdb_file *file, uint64_t cache_size)
{
    uint64_t blocks = file->size / BLOCK_SIZE + 1;

    file->cache_count =
        cache_size / BLOCK_SIZE > CACHE_LEAST ? cache_size / BLOCK_SIZE : CACHE_LEAST;
    if (file->cache_count > blocks)
        file->cache_count = blocks;
    file->held = mem_alloc((size_t)file->cache_count * sizeof(*file->held));
    file->octets = mem_alloc((size_t)file->cache_count * BLOCK_SIZE);
    use_large_pages(file->octets, (size_t)file->cache_count * BLOCK_SIZE);
}

bool cdb_file_open(struct cdb_file *file, const char *path, uint64_t cache_size, struct error *err)
{
    bool done;

    *file = (struct cdb_file){.stamp = MAP_STAMP_NONE};
    if (!map_stamp_open_database(&file->stamp, path, err))
        return false;
    file->size = (uint64_t)file->stamp.size;
    create_cache(file, cache_size);
    done = read_at(file, 0, file->header, CDB_HEADER_SIZE, err) && check_header(file, err);
    if (!done) {
        error_prefix(err, "open database %s", path);
        cdb_file_close(file);
    }
    return done;
}

void cdb_file_close(struct cdb_file *file)
{
    mem_free(file->octets);
    mem_free(file->held);
    file->octets = NULL;
    file->held = NULL;
    file->cache_count = 0;
    fd_close(&file->stamp.fd);
}

/* A record's head: within the records, and as long as they allow. */
static bool read_head(const struct cdb_file *file, uint64_t position, uint32_t *key_len_r,
                      uint32_t *value_len_r, struct error *err)
{
    unsigned char head[CDB_PAIR_SIZE];

    if (position < CDB_HEADER_SIZE || !read_at(file, position, head, sizeof(head), err))
        return damaged(err, "no record", position);
    *key_len_r = cdb_number(head);
    *value_len_r = cdb_number(head + 4);
    if ((uint64_t)*key_len_r + *value_len_r > file->size - position - CDB_PAIR_SIZE)
        return damaged(err, "a record past the end", position);
    return true;
}

static bool read_text(const struct cdb_file *file, uint64_t position, uint32_t len,
                      struct buf *text_r, struct error *err)
{
    char *to = buf_reserve(text_r, len);

    if (to == NULL) {
        error_set(err, ERROR_TEMPORARY, "a text of %" PRIu32 " octets is too long", len);
        return false;
    }
    if (!read_at(file, position, to, len, err))
        return false;
    buf_commit(text_r, len);
    return true;
}

/* Whether the record has this key; its value then. */
static enum map_result try_record(const struct cdb_file *file, uint64_t position, struct span key,
                                  struct buf *value_r, struct error *err)
{
    char some[256];
    uint32_t key_len;
    uint32_t value_len;
    bool same = true;

    if (!read_head(file, position, &key_len, &value_len, err))
        return MAP_UNAVAILABLE;
    if (key_len != key.len)
        return MAP_ABSENT;
    for (size_t done = 0; same && done < key.len; done += sizeof(some)) {
        size_t len = key.len - done < sizeof(some) ? key.len - done : sizeof(some);

        if (!read_at(file, position + CDB_PAIR_SIZE + done, some, len, err))
            return MAP_UNAVAILABLE;
        same = memcmp(some, key.data + done, len) == 0;
    }
    if (!same)
        return MAP_ABSENT;
    if (value_r == NULL)
        return MAP_FOUND;
    return read_text(file, position + CDB_PAIR_SIZE + key_len, value_len, value_r, err)
               ? MAP_FOUND
               : MAP_UNAVAILABLE;
}

/* The position of the first record with the key. */
static enum map_result find(const struct cdb_file *file, struct span key, uint64_t *position_r,
                            struct buf *value_r, struct error *err)
{
    uint32_t hash = cdb_hash(key);
    const unsigned char *pointer = file->header + (size_t)(hash % CDB_TABLES) * CDB_PAIR_SIZE;
    uint64_t table = cdb_number(pointer);
    uint32_t slots = cdb_number(pointer + 4);
    uint32_t slot = slots == 0 ? 0 : hash / CDB_TABLES % slots;
    unsigned char some[SLOTS_AT_ONCE * CDB_PAIR_SIZE];

    for (uint32_t seen = 0; seen < slots;) {
        uint32_t count = slots - slot < SLOTS_AT_ONCE ? slots - slot : SLOTS_AT_ONCE;

        if (!read_at(file, table + (uint64_t)slot * CDB_PAIR_SIZE, some,
                     (size_t)count * CDB_PAIR_SIZE, err))
            return MAP_UNAVAILABLE;
        for (uint32_t i = 0; i < count && seen < slots; i++, seen++) {
            enum map_result result = MAP_ABSENT;

            *position_r = cdb_number(some + (size_t)i * CDB_PAIR_SIZE + 4);
            if (*position_r == 0)
                return MAP_ABSENT;
            if (cdb_number(some + (size_t)i * CDB_PAIR_SIZE) == hash)
                result = try_record(file, *position_r, key, value_r, err);
            if (result != MAP_ABSENT)
                return result;
        }
        slot = (slot + count) % slots;
    }
    return MAP_ABSENT;
}

enum map_result cdb_file_find(const struct cdb_file *file, struct span key, struct buf *value_r,
                              struct error *err)
{
    uint64_t position;

    return find(file, key, &position, value_r, err);
}

/* A record that was written twice counts where its key is found. */
static bool visit_record(const struct cdb_file *file, uint64_t position, struct buf *key,
                         struct buf *value, map_visit *visit, void *context, struct error *err)
{
    uint64_t found_at = 0;

    switch (find(file, buf_span(key), &found_at, NULL, err)) {
    case MAP_UNAVAILABLE:
        return false;
    case MAP_FOUND:
        if (found_at == position)
            return visit(context, map_without_nul(key->data, key->len),
                         map_without_nul(value->data, value->len));
        break;
    case MAP_ABSENT:
        break;
    }
    return true;
}

bool cdb_file_walk(const struct cdb_file *file, map_visit *visit, void *context, struct error *err)
{
    struct buf key = BUF(BUF_UNLIMITED); /* the file bounds them */
    struct buf value = BUF(BUF_UNLIMITED);
    uint64_t position = CDB_HEADER_SIZE;
    bool goes_on = true;

    while (goes_on && position < file->records_end) {
        uint32_t key_len;
        uint32_t value_len;
        uint64_t text = position + CDB_PAIR_SIZE;

        buf_clear(&key);
        buf_clear(&value);
        goes_on = read_head(file, position, &key_len, &value_len, err) &&
                  read_text(file, text, key_len, &key, err) &&
                  read_text(file, text + key_len, value_len, &value, err) &&
                  visit_record(file, position, &key, &value, visit, context, err);
        if (goes_on)
            position = text + key_len + value_len;
    }
    buf_release(&key);
    buf_release(&value);
    return goes_on;
}
