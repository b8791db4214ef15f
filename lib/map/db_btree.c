/*
 * Btree files: internal pages have for each child the least key below it (which counts as less than
 * everything in the first one); leaves have pairs of items, key and value, in order, and a chain.
 */
#include "lib/map/db_file.h"

enum { ITEM_TEXT = 1, ITEM_LONG = 3, ITEM_TYPES = 0x7f, ITEM_DELETED = 0x80 };

#define LEAF_ITEM     3  /* octets before a text: length, type */
#define LONG_ITEM     12 /* two unused, type, one unused, page, length */
#define INTERNAL_ITEM 12 /* length, type, one unused, page, count */
#define LEVELS_MAX    255

struct item {
    bool is_deleted;
    bool is_long;
    struct span text;   /* of a long one empty */
    uint32_t page, len; /* of a long one */
};

static bool make_item(const struct db_file *file, const struct db_page *page, unsigned offset,
                      unsigned type, unsigned text_offset, unsigned text_len, struct item *item_r,
                      struct error *err)
{
    const unsigned char *text = page->octets + text_offset;

    *item_r = (struct item){.is_deleted = (type & ITEM_DELETED) != 0};
    if ((type & ITEM_TYPES) == ITEM_TEXT && text_offset + text_len <= file->page_size) {
        item_r->text = span_of(text, text_len);
        return true;
    }
    if ((type & ITEM_TYPES) != ITEM_LONG || offset + LONG_ITEM > file->page_size)
        return db_damaged(err, "an unknown item", db_u32(file, page->octets + 8));
    item_r->is_long = true;
    item_r->page = db_u32(file, page->octets + offset + 4);
    item_r->len = db_u32(file, page->octets + offset + 8);
    return true;
}

static bool take_leaf_item(const struct db_file *file, const struct db_page *page, unsigned index,
                           struct item *item_r, struct error *err)
{
    unsigned offset;

    return db_page_offset(file, page, index, LEAF_ITEM, &offset, err) &&
           make_item(file, page, offset, page->octets[offset + 2], offset + LEAF_ITEM,
                     db_u16(file, page->octets + offset), item_r, err);
}

/* The key of a child, whose page is *child_r. A long key's description stands where a text would. */
static bool take_child(const struct db_file *file, const struct db_page *page, unsigned index,
                       struct item *item_r, uint32_t *child_r, struct error *err)
{
    unsigned offset;
    unsigned type;

    if (!db_page_offset(file, page, index, INTERNAL_ITEM, &offset, err))
        return false;
    type = page->octets[offset + 2];
    *child_r = db_u32(file, page->octets + offset + 4);
    return make_item(file, page, offset + ((type & ITEM_TYPES) == ITEM_LONG ? INTERNAL_ITEM : 0),
                     type, offset + INTERNAL_ITEM, db_u16(file, page->octets + offset), item_r,
                     err);
}

static bool read_item(struct db_file *file, const struct item *item, struct buf *text,
                      struct error *err)
{
    if (item->is_long)
        return db_overflow_read(file, item->page, item->len, text, err);
    if (buf_append_span(text, item->text))
        return true;
    error_set(err, ERROR_TEMPORARY, "a text of %zu octets is too long", item->text.len);
    return false;
}

/* As the library orders keys: octet by octet, then by length. */
static int compare(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Negative, zero or positive as `key` is before, at or after the item; the page may be gone after. */
static bool compare_item(struct db_file *file, struct span key, const struct item *item,
                         int *order_r, struct error *err)
{
    if (item->is_long) {
        buf_clear(&file->key);
        if (!read_item(file, item, &file->key, err))
            return false;
        *order_r = compare(key, buf_span(&file->key));
    } else {
        *order_r = compare(key, item->text);
    }
    return true;
}

/* The child below which the key would be: the last whose key is not greater. */
static bool choose_child(struct db_file *file, uint32_t number, struct db_page *page,
                         struct span key, uint32_t *child_r, struct error *err)
{
    unsigned low = 0; /* the child is one of [low, high) */
    unsigned high = page->entries;
    struct item item;

    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        int order;

        if (!take_child(file, page, middle, &item, child_r, err) ||
            !compare_item(file, key, &item, &order, err) ||
            (item.is_long && !db_page_read(file, number, page, err)))
            return false;
        if (order < 0)
            high = middle;
        else
            low = middle;
    }
    return take_child(file, page, low, &item, child_r, err);
}

/* From the root to the leaf where the key would be; the least key's for an empty one. */
static bool descend(struct db_file *file, struct span key, uint32_t *number_r,
                    struct db_page *page_r, struct error *err)
{
    unsigned above = LEVELS_MAX + 1;

    *number_r = file->root;
    for (;;) {
        if (!db_page_read(file, *number_r, page_r, err))
            return false;
        if (page_r->level >= above || page_r->level == 0)
            return db_damaged(err, "a bad level", *number_r);
        if (page_r->type == DB_PAGE_BTREE_LEAF)
            return true;
        if (page_r->type != DB_PAGE_BTREE_INTERNAL || page_r->entries == 0)
            return db_damaged(err, "no part of a tree", *number_r);
        above = page_r->level;
        if (!choose_child(file, *number_r, page_r, key, number_r, err))
            return false;
    }
}

enum map_result db_btree_find(struct db_file *file, struct span key, struct buf *value_r,
                              struct error *err)
{
    uint32_t number;
    struct db_page page;
    struct item item;
    unsigned low = 0;
    unsigned high;

    if (!descend(file, key, &number, &page, err))
        return MAP_UNAVAILABLE;
    high = page.entries / 2;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        int order;

        if (!take_leaf_item(file, &page, middle * 2, &item, err) ||
            !compare_item(file, key, &item, &order, err) ||
            (item.is_long && !db_page_read(file, number, &page, err)))
            return MAP_UNAVAILABLE;
        if (order < 0) {
            high = middle;
        } else if (order > 0) {
            low = middle + 1;
        } else if (!take_leaf_item(file, &page, middle * 2 + 1, &item, err) ||
                   !(item.is_deleted || read_item(file, &item, value_r, err))) {
            return MAP_UNAVAILABLE;
        } else {
            return item.is_deleted ? MAP_ABSENT : MAP_FOUND;
        }
    }
    return MAP_ABSENT;
}

static bool visit_pair(struct db_file *file, uint32_t number, unsigned index, struct buf *value,
                       map_visit *visit, void *context, struct error *err)
{
    struct db_page page;
    struct item item;

    buf_clear(&file->key);
    buf_clear(value);
    if (!db_page_read(file, number, &page, err) ||
        !take_leaf_item(file, &page, index, &item, err) ||
        !read_item(file, &item, &file->key, err) || !db_page_read(file, number, &page, err) ||
        !take_leaf_item(file, &page, index + 1, &item, err) || !read_item(file, &item, value, err))
        return false;
    return item.is_deleted || visit(context, buf_span(&file->key), buf_span(value));
}

bool db_btree_walk(struct db_file *file, map_visit *visit, void *context, struct error *err)
{
    struct buf value = BUF(BUF_UNLIMITED);
    struct db_page page;
    uint32_t number;
    bool goes_on = descend(file, SPAN_EMPTY, &number, &page, err);

    for (uint32_t pages = 0; goes_on && number != DB_NO_PAGE; pages++) {
        unsigned entries = page.entries;
        uint32_t next = page.next;

        if (pages > file->last_page || page.type != DB_PAGE_BTREE_LEAF)
            goes_on = db_damaged(err, "a bad chain of leaves", number);
        for (unsigned i = 0; goes_on && i + 1 < entries; i += 2)
            goes_on = visit_pair(file, number, i, &value, visit, context, err);
        number = next;
        if (goes_on && number != DB_NO_PAGE)
            goes_on = db_page_read(file, number, &page, err);
    }
    buf_release(&value);
    return goes_on;
}
