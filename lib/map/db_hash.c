/*
 * Hash files: a bucket is a chain of pages with pairs of items, key and value. Items lie from the end
 * of a page downwards in the order of the index, so that one ends where the one before it begins.
 */
#include "lib/map/db_file.h"

enum { ITEM_TEXT = 1, ITEM_LONG = 3 };

#define LONG_ITEM_SIZE 12 /* type, three octets unused, page, length */

struct item {
    const unsigned char *octets; /* behind the type */
    unsigned len;
    unsigned type;
};

static bool take_item(const struct db_file *file, const struct db_page *page, unsigned index,
                      struct item *item_r, struct error *err)
{
    unsigned start;
    unsigned end = file->page_size;

    if (!db_page_offset(file, page, index, 1, &start, err) ||
        (index > 0 && !db_page_offset(file, page, index - 1, 1, &end, err)))
        return false;
    if (end <= start)
        return db_damaged(err, "items that overlap", db_u32(file, page->octets + 8));
    *item_r = (struct item){
        .octets = page->octets + start + 1,
        .len = end - start - 1,
        .type = page->octets[start],
    };
    if (item_r->type == ITEM_TEXT ||
        (item_r->type == ITEM_LONG && item_r->len >= LONG_ITEM_SIZE - 1))
        return true;
    return db_damaged(err, "an unknown item", db_u32(file, page->octets + 8));
}

/* An item's text; one with pages of its own replaces the page in the cache. */
static bool read_item(struct db_file *file, const struct item *item, struct buf *text,
                      struct error *err)
{
    if (item->type == ITEM_LONG)
        return db_overflow_read(file, db_u32(file, item->octets + 3),
                                db_u32(file, item->octets + 7), text, err);
    if (buf_append(text, item->octets, item->len))
        return true;
    error_set(err, ERROR_TEMPORARY, "a text of %u octets is too long", item->len);
    return false;
}

/* Buckets are added by doubling; where each doubling's pages begin stands in the first page. */
static uint32_t first_page_of(const struct db_file *file, struct span key)
{
    uint32_t bucket = db_hash_function(key) & file->high_mask;
    unsigned doublings = 0;

    if (bucket > file->max_bucket)
        bucket &= file->low_mask;
    while (doublings < ARRAY_LENGTH(file->spares) - 1 && (UINT32_C(1) << doublings) < bucket + 1)
        doublings++;
    return bucket + file->spares[doublings];
}

/* A key with pages of its own is compared outside of its page. */
static bool is_long_key(struct db_file *file, const struct item *item, struct span key,
                        bool *is_key_r, struct error *err)
{
    *is_key_r = false;
    if (db_u32(file, item->octets + 7) != key.len)
        return true;
    buf_clear(&file->key);
    if (!read_item(file, item, &file->key, err))
        return false;
    *is_key_r = span_equal(buf_span(&file->key), key);
    return true;
}

/*
 * The index of a key among the pairs of a page, or page->entries. This is where look-ups spend their
 * time: an item of another length costs no more than reading where it begins.
 */
static bool search_page(struct db_file *file, uint32_t number, struct db_page *page,
                        struct span key, unsigned *index_r, struct error *err)
{
    const unsigned char *index = page->octets + DB_PAGE_HEADER;
    unsigned first = DB_PAGE_HEADER + page->entries * 2; /* where the first item may begin */
    unsigned end = file->page_size;

    for (unsigned i = 0; i + 1 < page->entries; i += 2, index += 4) {
        unsigned start = db_u16(file, index);
        bool found;

        *index_r = i;
        if (start < first || start >= end)
            return db_damaged(err, "bad offset", number);
        if (page->octets[start] == ITEM_LONG) {
            struct item item;

            if (!take_item(file, page, i, &item, err) ||
                !is_long_key(file, &item, key, &found, err) ||
                !db_page_read(file, number, page, err))
                return false;
            index = page->octets + DB_PAGE_HEADER + (size_t)i * 2;
        } else if (page->octets[start] == ITEM_TEXT) {
            found = end - start - 1 == key.len &&
                    memcmp(page->octets + start + 1, key.data, key.len) == 0;
        } else {
            return db_damaged(err, "an unknown item", number);
        }
        if (found)
            return true;
        end = db_u16(file, index + 2);
        if (end < first || end >= start)
            return db_damaged(err, "bad offset", number);
    }
    *index_r = page->entries;
    return true;
}

/* On one page; ABSENT: it may be on the next one of the chain. */
static enum map_result find_on_page(struct db_file *file, uint32_t number, bool is_first,
                                    struct span key, uint32_t *next_r, struct buf *value_r,
                                    struct error *err)
{
    struct db_page page;
    struct item value;
    unsigned index;

    if (!db_page_read(file, number, &page, err))
        return MAP_UNAVAILABLE;
    *next_r = page.next;
    if (page.type == DB_PAGE_UNUSED && is_first)
        return MAP_ABSENT;
    if (page.type != DB_PAGE_HASH && page.type != DB_PAGE_HASH_UNSORTED) {
        (void)db_damaged(err, "no part of a bucket", number);
        return MAP_UNAVAILABLE;
    }
    if (!search_page(file, number, &page, key, &index, err))
        return MAP_UNAVAILABLE;
    if (index == page.entries)
        return MAP_ABSENT;
    return take_item(file, &page, index + 1, &value, err) && read_item(file, &value, value_r, err)
               ? MAP_FOUND
               : MAP_UNAVAILABLE;
}

enum map_result db_hash_find(struct db_file *file, struct span key, struct buf *value_r,
                             struct error *err)
{
    uint32_t number = first_page_of(file, key);
    enum map_result result = MAP_ABSENT;

    for (uint32_t pages = 0; number != DB_NO_PAGE && result == MAP_ABSENT; pages++) {
        uint32_t next = DB_NO_PAGE;

        if (pages > file->last_page) {
            (void)db_damaged(err, "a chain without end", number);
            return MAP_UNAVAILABLE;
        }
        result = find_on_page(file, number, pages == 0, key, &next, value_r, err);
        number = next;
    }
    return result;
}

/* Key and value of one pair, in the order of the file. */
static bool visit_pair(struct db_file *file, uint32_t number, unsigned index, struct buf *value,
                       map_visit *visit, void *context, struct error *err)
{
    struct db_page page;
    struct item item;

    buf_clear(&file->key);
    buf_clear(value);
    return db_page_read(file, number, &page, err) && take_item(file, &page, index, &item, err) &&
           read_item(file, &item, &file->key, err) && db_page_read(file, number, &page, err) &&
           take_item(file, &page, index + 1, &item, err) && read_item(file, &item, value, err) &&
           visit(context, buf_span(&file->key), buf_span(value));
}

bool db_hash_walk(struct db_file *file, map_visit *visit, void *context, struct error *err)
{
    struct buf value = BUF(BUF_UNLIMITED);
    bool goes_on = true;

    for (uint32_t number = 1; goes_on && number <= file->last_page; number++) {
        struct db_page page;

        goes_on = db_page_read(file, number, &page, err);
        if (!goes_on || (page.type != DB_PAGE_HASH && page.type != DB_PAGE_HASH_UNSORTED))
            continue;
        for (unsigned i = 0; goes_on && i + 1 < page.entries; i += 2)
            goes_on = visit_pair(file, number, i, &value, visit, context, err);
    }
    buf_release(&value);
    return goes_on;
}
