/*
 * Rows are sorted by a few octets of their keys at a time: a word of each is taken, the words are sorted by
 * their digits, and only rows with the same word look at their next one.
 */
#include "lib/base/base.h"

#include "imapd/sort_rows.h"

#include <endian.h>

#define WORD_OCTETS 7U /* of a key in a word; below them, how many there were */
#define MORE        8U /* ... when there are more behind them */
#define FEW         40 /* rows, that are sorted one by one */
#define DIGITS      8
#define DIGIT_SIZE  256

struct item {
    uint64_t word;
    uint32_t row;
};

struct sorting {
    const struct sort_rows *rows;
    struct item *room; /* for as many as there are */
};

/* The key's octets from `at` on. Shorter ones are less than those that go on with zeros. */
static uint64_t word_at(struct span key, size_t at)
{
    size_t left = at < key.len ? key.len - at : 0;
    uint64_t word = 0;

    if (left > WORD_OCTETS) {
        memcpy(&word, key.data + at, sizeof(word));
        return (be64toh(word) & ~(uint64_t)UINT8_MAX) | MORE;
    }
    for (size_t i = 0; i < WORD_OCTETS; i++)
        word = word << 8 | (i < left ? (unsigned char)key.data[at + i] : 0);
    return word << 8 | left;
}

static bool are_in_order(const struct item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (items[i - 1].word > items[i].word)
            return false;
    }
    return true;
}

static void sort_few(struct item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct item item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].word > item.word; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* By one digit of the words, from one array to the other; false: all have the same. */
static bool sort_by_digit(const struct item *from, struct item *to, size_t count,
                          uint32_t counts[DIGIT_SIZE], unsigned shift)
{
    uint32_t sum = 0;

    if (counts[from[0].word >> shift & (DIGIT_SIZE - 1)] == count)
        return false;
    for (size_t i = 0; i < DIGIT_SIZE; i++) {
        uint32_t here = counts[i];
        counts[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[counts[from[i].word >> shift & (DIGIT_SIZE - 1)]++] = from[i];
    return true;
}

/* From the lowest digit to the highest; what is equal stays as it stands. */
static void sort_many(struct item *items, struct item *room, size_t count)
{
    uint32_t counts[DIGITS][DIGIT_SIZE] = {0};
    struct item *from = items, *to = room, *swap;

    for (size_t i = 0; i < count; i++) {
        for (unsigned digit = 0; digit < DIGITS; digit++)
            counts[digit][items[i].word >> (8 * digit) & (DIGIT_SIZE - 1)]++;
    }
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        if (!sort_by_digit(from, to, count, counts[digit], 8 * digit))
            continue;
        swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, count * sizeof(*items));
}

/* Rows that are equal so far, by their key of that number from `at` on. As deep as all keys have words. */
static void sort_from(const struct sorting *sorting, struct item *items, size_t count, size_t key,
                      size_t at)
{
    const struct sort_rows *rows = sorting->rows;
    uint64_t reverse;

    if (count < 2 || key == rows->width)
        return;
    reverse = rows->reverse[key] ? UINT64_MAX : 0;
    for (size_t i = 0; i < count; i++)
        items[i].word = word_at(rows->keys[items[i].row * rows->width + key], at) ^ reverse;
    if (!are_in_order(items, count)) {
        if (count < FEW)
            sort_few(items, count);
        else
            sort_many(items, sorting->room, count);
    }
    for (size_t start = 0, end; start < count; start = end) {
        uint64_t word = items[start].word;
        bool more = ((word ^ reverse) & (DIGIT_SIZE - 1)) == MORE;
        for (end = start + 1; end < count && items[end].word == word; end++)
            ;
        sort_from(sorting, items + start, end - start, more ? key : key + 1,
                  more ? at + WORD_OCTETS : 0);
    }
}

void sort_rows(const struct sort_rows *rows, size_t count, uint32_t **order_r)
{
    struct item *items = mem_resize(NULL, 2 * count + 1, sizeof(*items));
    uint32_t *order = mem_resize(NULL, count + 1, sizeof(*order));

    for (size_t i = 0; i < count; i++)
        items[i].row = (uint32_t)i;
    sort_from(&(struct sorting){rows, items + count}, items, count, 0, 0);
    for (size_t i = 0; i < count; i++)
        order[i] = items[i].row;
    mem_free(items);
    *order_r = order;
}
