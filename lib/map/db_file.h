/*
 * Reading Berkeley DB files, hash and btree, as version 5.3 and its predecessors since 3.0 lay them
 * out. Not by the library: on a damaged file, a page of zeros after a power failure, it searches for
 * ever or crashes, and a look-up must answer "unavailable" then. It also opens a table in a tenth of
 * the time. Writing is left to the library (berkeley_db_writer.c).
 *
 * A file is a row of pages. Page 0 tells the type and where to begin; every other one has a header,
 * an index of offsets and items that grow from its end. Everything read here is checked against the
 * page it is in, and every walk over pages is bounded by their number.
 */
#ifndef BUZON_LIB_MAP_DB_FILE_H
#define BUZON_LIB_MAP_DB_FILE_H

#include "lib/map/map_type.h"

enum db_file_type { DB_FILE_HASH, DB_FILE_BTREE };

enum db_page_type {
    DB_PAGE_UNUSED = 0, /* nothing was ever written there: of a bucket, that it is empty */
    DB_PAGE_HASH_UNSORTED = 2,
    DB_PAGE_BTREE_INTERNAL = 3,
    DB_PAGE_BTREE_LEAF = 5,
    DB_PAGE_OVERFLOW = 7,
    DB_PAGE_HASH_META = 8,
    DB_PAGE_BTREE_META = 9,
    DB_PAGE_HASH = 13,
};

#define DB_PAGE_HEADER 26 /* octets before the index of a page */
#define DB_NO_PAGE     0  /* the number of page 0 in a chain: there is no further page */

struct db_page {
    const unsigned char *octets; /* page_size of them; valid until the next db_page_read */
    uint32_t next;               /* number of the next page of a chain */
    unsigned entries;            /* in the index */
    unsigned fill;               /* of an overflow page: octets of content */
    unsigned level;              /* of a btree page: 1 is a leaf */
    enum db_page_type type;
};

struct db_file {
    struct map_stamp stamp; /* of the open file, which is ours */
    bool is_swapped;        /* written by a machine of the other byte order */
    uint32_t page_size;
    uint32_t last_page;
    struct buf key; /* of a key that has pages of its own */
    struct db_cached_page *cache;
    uint32_t cache_count;

    /* hash */
    uint32_t max_bucket, high_mask, low_mask;
    uint32_t spares[32];

    /* btree */
    uint32_t root;
};

/*
 * db_file_open - open `path` and check what its first page says
 *
 *  cache_size  octets of pages kept in memory
 *  err         names the file: not there, of another type, damaged
 */
struct db_file *db_file_open(const char *path, enum db_file_type type, uint64_t cache_size,
                             struct error *err) MUST_CHECK;
void db_file_free(struct db_file **file);

/* db_hash_find, db_btree_find - the value of a key, octet by octet */
enum map_result db_hash_find(struct db_file *file, struct span key, struct buf *value_r,
                             struct error *err) MUST_CHECK;
enum map_result db_btree_find(struct db_file *file, struct span key, struct buf *value_r,
                              struct error *err) MUST_CHECK;
/* db_hash_walk, db_btree_walk - as map_walk */
bool db_hash_walk(struct db_file *file, map_visit *visit, void *context,
                  struct error *err) MUST_CHECK;
bool db_btree_walk(struct db_file *file, map_visit *visit, void *context,
                   struct error *err) MUST_CHECK;

/* --- for the two formats --------------------------------------------------------------------------- */

/* db_hash_function - of Berkeley DB since 3.0 */
uint32_t db_hash_function(struct span key);

/* db_u16, db_u32 - numbers as the file has them; the octets must be there */
static inline unsigned db_u16(const struct db_file *file, const unsigned char *at)
{
    uint16_t number;

    memcpy(&number, at, sizeof(number));
    return file->is_swapped ? __builtin_bswap16(number) : number;
}

static inline uint32_t db_u32(const struct db_file *file, const unsigned char *at)
{
    uint32_t number;

    memcpy(&number, at, sizeof(number));
    return file->is_swapped ? __builtin_bswap32(number) : number;
}

/* db_page_read - false and *err: it cannot be read, or is not what its number says */
bool db_page_read(struct db_file *file, uint32_t number, struct db_page *page_r,
                  struct error *err) MUST_CHECK;
/* db_page_offset - where item `index` begins: behind the index and at least `room` octets before the
 * page's end; false and *err when it does not */
bool db_page_offset(const struct db_file *file, const struct db_page *page, unsigned index,
                    unsigned room, unsigned *offset_r, struct error *err) MUST_CHECK;
/* db_overflow_read - append a text that has pages of its own, up to the limit of `text` */
bool db_overflow_read(struct db_file *file, uint32_t number, uint32_t len, struct buf *text,
                      struct error *err) MUST_CHECK;
/* db_damaged - false, with *err saying what is wrong on which page */
bool db_damaged(struct error *err, const char *what, uint32_t page);

#endif
