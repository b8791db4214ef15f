/* Berkeley DB files: the first page, reading of pages, long texts (lib/map/db_file.h). */
#include "lib/map/db_file.h"

#include "lib/base/file.h"

#define META_SIZE      512 /* what the first page holds, whatever the size of pages */
#define HASH_MAGIC     0x061561
#define BTREE_MAGIC    0x053162
#define CACHE_LEAST    8 /* pages: a search touches few, and the first ones again and again */
#define PAGE_SIZE_MIN  512
#define PAGE_SIZE_MAX  65536
#define HASH_TEST_TEXT "%$sniglet^&" /* of which the first page has the hash, with its NUL */

/* A page in memory; which ones there are is decided by their number alone. */
struct db_cached_page {
    uint32_t number;
    unsigned char *octets; /* NULL: none */
};

bool db_damaged(struct error *err, const char *what, uint32_t page)
{
    error_set(err, ERROR_TEMPORARY, "damaged database: %s on page %" PRIu32, what, page);
    return false;
}

uint32_t db_hash_function(struct span key)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < key.len; i++)
        hash = hash * 16777619U ^ (unsigned char)key.data[i];
    return hash;
}

static bool fetch(struct db_file *file, uint32_t number, const unsigned char **octets_r,
                  struct error *err)
{
    struct db_cached_page *cached = &file->cache[number % file->cache_count];

    *octets_r = cached->octets;
    if (cached->octets != NULL && cached->number == number)
        return true;
    if (cached->octets == NULL)
        cached->octets = mem_alloc(file->page_size);
    *octets_r = cached->octets;
    cached->number = DB_NO_PAGE; /* which is never asked for here */
    errno = 0;
    if (pread_all(file->stamp.fd, cached->octets, file->page_size,
                  (off_t)number * (off_t)file->page_size)) {
        cached->number = number;
        return true;
    }
    if (errno == 0)
        return db_damaged(err, "the file ends", number);
    error_errno(err, "read database page %" PRIu32, number);
    return false;
}

/* The library makes room for several buckets at once and writes a page when it is first needed. */
static bool is_unused(const unsigned char *octets)
{
    for (int i = 0; i < DB_PAGE_HEADER; i++) {
        if (octets[i] != 0)
            return false;
    }
    return true;
}

bool db_page_read(struct db_file *file, uint32_t number, struct db_page *page_r, struct error *err)
{
    const unsigned char *octets;

    if (number == DB_NO_PAGE || number > file->last_page)
        return db_damaged(err, "no such page:", number);
    if (!fetch(file, number, &octets, err))
        return false;
    if (db_u32(file, octets + 8) != number && !is_unused(octets))
        return db_damaged(err, "another page's number", number);
    *page_r = (struct db_page){
        .octets = octets,
        .next = db_u32(file, octets + 16),
        .entries = db_u16(file, octets + 20),
        .fill = db_u16(file, octets + 22),
        .level = octets[24],
        .type = (enum db_page_type)octets[25],
    };
    if (page_r->type != DB_PAGE_OVERFLOW && DB_PAGE_HEADER + page_r->entries * 2 > file->page_size)
        return db_damaged(err, "too many entries", number);
    return true;
}

bool db_page_offset(const struct db_file *file, const struct db_page *page, unsigned index,
                    unsigned room, unsigned *offset_r, struct error *err)
{
    *offset_r = index < page->entries ? db_u16(file, page->octets + DB_PAGE_HEADER + index * 2) : 0;
    if (*offset_r >= DB_PAGE_HEADER + page->entries * 2 && *offset_r + room <= file->page_size)
        return true;
    return db_damaged(err, "bad offset", db_u32(file, page->octets + 8));
}

bool db_overflow_read(struct db_file *file, uint32_t number, uint32_t len, struct buf *text,
                      struct error *err)
{
    uint32_t left = len;

    for (uint32_t pages = 0; left > 0; pages++) {
        struct db_page page;

        if (pages > file->last_page)
            return db_damaged(err, "a chain without end", number);
        if (!db_page_read(file, number, &page, err))
            return false;
        if (page.type != DB_PAGE_OVERFLOW || page.fill == 0 || page.fill > left ||
            page.fill > file->page_size - DB_PAGE_HEADER)
            return db_damaged(err, "a bad part of a long text", number);
        if (!buf_append(text, page.octets + DB_PAGE_HEADER, page.fill)) {
            error_set(err, ERROR_TEMPORARY, "a text of %" PRIu32 " octets is too long", len);
            return false;
        }
        left -= page.fill;
        number = page.next;
    }
    return true;
}

/* --- the first page ---------------------------------------------------------------------------------- */

static bool read_hash_meta(struct db_file *file, const unsigned char *meta, struct error *err)
{
    static const char test_text[] = HASH_TEST_TEXT;

    file->max_bucket = db_u32(file, meta + 72);
    file->high_mask = db_u32(file, meta + 76);
    file->low_mask = db_u32(file, meta + 80);
    if (db_u32(file, meta + 92) != db_hash_function(span_of(test_text, sizeof(test_text)))) {
        error_set(err, ERROR_TEMPORARY, "it has another hash function");
        return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(file->spares); i++)
        file->spares[i] = db_u32(file, meta + 96 + i * 4);
    return true;
}

static bool read_meta(struct db_file *file, const unsigned char *meta, enum db_file_type type,
                      struct error *err)
{
    bool is_hash = type == DB_FILE_HASH;
    uint32_t magic = is_hash ? HASH_MAGIC : BTREE_MAGIC;
    uint32_t version;

    file->is_swapped = db_u32(file, meta + 12) == __builtin_bswap32(magic);
    version = db_u32(file, meta + 16);
    file->page_size = db_u32(file, meta + 20);
    file->last_page = db_u32(file, meta + 32);
    if (db_u32(file, meta + 12) != magic ||
        meta[25] != (is_hash ? DB_PAGE_HASH_META : DB_PAGE_BTREE_META)) {
        error_set(err, ERROR_TEMPORARY, "it is no %s file", is_hash ? "hash" : "btree");
    } else if (version < 7 || version > 10) {
        error_set(err, ERROR_TEMPORARY, "its version %" PRIu32 " is not known", version);
    } else if (meta[24] != 0 || meta[26] != 0 || db_u32(file, meta + 48) != 0) {
        error_set(err, ERROR_TEMPORARY, "it has features that no look-up table has");
    } else if (file->page_size < PAGE_SIZE_MIN || file->page_size > PAGE_SIZE_MAX ||
               (file->page_size & (file->page_size - 1)) != 0) {
        return db_damaged(err, "a bad page size", 0);
    } else if ((int64_t)file->stamp.size < ((int64_t)file->last_page + 1) * file->page_size) {
        /* What the part that is there says might well be true; but nobody meant it to be asked. */
        error_set(err, ERROR_TEMPORARY, "it is shorter than it says: a part of a file");
    } else {
        file->root = db_u32(file, meta + 88);
        return !is_hash || read_hash_meta(file, meta, err);
    }
    return false;
}

static void make_cache(struct db_file *file, uint64_t cache_size)
{
    uint64_t count = cache_size / file->page_size;

    if (count > file->last_page)
        count = (uint64_t)file->last_page + 1;
    if (count < CACHE_LEAST)
        count = CACHE_LEAST;
    file->cache_count = (uint32_t)count;
    file->cache = mem_resize(NULL, file->cache_count, sizeof(struct db_cached_page));
    memset(file->cache, 0, file->cache_count * sizeof(struct db_cached_page));
}

static bool open_file(struct db_file *file, const char *path, enum db_file_type type,
                      struct error *err)
{
    unsigned char meta[META_SIZE];

    if (!map_stamp_open(&file->stamp, path, err))
        return false;
    errno = 0;
    if (pread_all(file->stamp.fd, meta, sizeof(meta), 0))
        return read_meta(file, meta, type, err);
    if (errno == 0)
        error_set(err, ERROR_TEMPORARY, "it is no database");
    else
        error_errno(err, "read");
    return false;
}

struct db_file *db_file_open(const char *path, enum db_file_type type, uint64_t cache_size,
                             struct error *err)
{
    struct db_file *file = mem_new(struct db_file);

    file->key = BUF(BUF_UNLIMITED);
    if (open_file(file, path, type, err)) {
        make_cache(file, cache_size);
        return file;
    }
    if (file->stamp.fd >= 0 || err->number == 0) {
        error_prefix(err, "open database %s", path);
    } else {
        errno = err->number;
        error_errno(err, "open database %s", path);
    }
    db_file_free(&file);
    return NULL;
}

void db_file_free(struct db_file **file)
{
    if (*file == NULL)
        return;
    for (uint32_t i = 0; (*file)->cache != NULL && i < (*file)->cache_count; i++)
        mem_free((*file)->cache[i].octets);
    mem_free((*file)->cache);
    buf_release(&(*file)->key);
    fd_close(&(*file)->stamp.fd);
    mem_free(*file);
    *file = NULL;
}
