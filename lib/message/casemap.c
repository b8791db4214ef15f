/* i;unicode-casemap: RFC 5051 section 2, with the Unicode data of libunistring. */
#include "lib/base/base.h"

#include "lib/message/casemap.h"

#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>
#include <unistring/version.h>

#define PAGE_SIZE  256U
#define PAGE_COUNT (0x110000U / PAGE_SIZE)
#define DEPTH_MAX  8 /* decompositions within decompositions: Unicode has four at most */

/* What the characters of one block become: octets starts[n] to starts[n + 1] of the text. */
struct page {
    uint32_t starts[PAGE_SIZE + 1];
    struct buf text;
};

struct casemap {
    struct page *pages[PAGE_COUNT];
};

struct casemap *casemap_create(void)
{
    return mem_new(struct casemap);
}

void casemap_free(struct casemap **map)
{
    if (*map == NULL)
        return;
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        if ((*map)->pages[i] != NULL)
            buf_release(&(*map)->pages[i]->text);
        mem_free((*map)->pages[i]);
    }
    mem_free(*map);
    *map = NULL;
}

static void put_decomposed(struct buf *out, ucs4_t character, unsigned depth)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    uint8_t octets[6];
    int tag;
    int count = depth < DEPTH_MAX ? uc_decomposition(character, &tag, parts) : -1;

    if (count < 0) {
        int len = u8_uctomb(octets, character, (int)sizeof(octets));
        if (len > 0)
            buf_put(out, span_of(octets, (size_t)len));
        return;
    }
    for (int i = 0; i < count; i++)
        put_decomposed(out, parts[i], depth + 1);
}

uint32_t casemap_version(void)
{
    return (uint32_t)_libunistring_version;
}

static struct page *make_page(uint32_t number)
{
    struct page *page = mem_new(struct page);

    page->text = BUF(BUF_UNLIMITED);
    for (uint32_t i = 0; i < PAGE_SIZE; i++) {
        page->starts[i] = (uint32_t)page->text.len;
        put_decomposed(&page->text, uc_totitle(number * PAGE_SIZE + i), 0);
    }
    page->starts[PAGE_SIZE] = (uint32_t)page->text.len;
    return page;
}

static void put(struct buf *out, struct span octets)
{
    if (!buf_append_span(out, octets))
        (void)!buf_append_span(out, span_first(octets, out->limit - out->len));
}

static void put_character(struct casemap *map, struct buf *out, ucs4_t character)
{
    struct page **page = &map->pages[character / PAGE_SIZE];
    uint32_t at = character % PAGE_SIZE;

    if (*page == NULL)
        *page = make_page(character / PAGE_SIZE);
    put(out, span_of((*page)->text.data + (*page)->starts[at],
                     (*page)->starts[at + 1] - (*page)->starts[at]));
}

/* Eight octets at a time: where the upper bits are free, 'a' to 'z' lose their bit 0x20. */
static void upper_word(const char *from, char *to)
{
    uint64_t word, past_a, past_z;

    memcpy(&word, from, sizeof(word));
    past_a = word + 0x1f1f1f1f1f1f1f1fULL; /* bit 7: 'a' or above */
    past_z = word + 0x0505050505050505ULL; /* bit 7: above 'z' */
    word ^= ((past_a & ~past_z) & 0x8080808080808080ULL) >> 2;
    memcpy(to, &word, sizeof(word));
}

/* The octets in front that are ASCII, mapped; how many they were. */
static size_t put_ascii(char *room, struct span text)
{
    size_t at = 0;

    for (uint64_t word; at + sizeof(word) <= text.len; at += sizeof(word)) {
        memcpy(&word, text.data + at, sizeof(word));
        if ((word & 0x8080808080808080ULL) != 0)
            break;
        upper_word(text.data + at, room + at);
    }
    for (; at < text.len && (unsigned char)text.data[at] < 0x80; at++)
        room[at] = to_upper(text.data[at]);
    return at;
}

/* One character that is not ASCII, or one octet that is no UTF-8. */
static size_t put_other(struct casemap *map, struct buf *out, struct span text)
{
    const uint8_t *octets = (const uint8_t *)text.data;
    ucs4_t character;
    int len = u8_mbtoucr(&character, octets, text.len);

    if (len <= 0) {
        put(out, span_first(text, 1));
        return 1;
    }
    put_character(map, out, character);
    return (size_t)len;
}

void casemap_put(struct casemap *map, struct buf *out, struct span text)
{
    while (text.len > 0 && out->len < out->limit) {
        size_t left = out->limit - out->len;
        size_t len = text.len < left ? text.len : left;
        char *room = buf_reserve(out, len);

        if (room == NULL)
            return;
        len = put_ascii(room, span_first(text, len));
        buf_commit(out, len);
        text = span_skip(text, len);
        while (text.len > 0 && (unsigned char)text.data[0] >= 0x80 && out->len < out->limit)
            text = span_skip(text, put_other(map, out, text));
    }
}
