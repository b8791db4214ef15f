/* The shape of the queue (tools/queue_shape.h). Columns are qshape's: the total, then mail that is up to
 * 5, 10, 20 ... 1280 minutes old, and older mail. */
#include "lib/base/base.h"

#include "tools/queue_shape.h"

#include "lib/base/hash.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS    11 /* the total and ten ages */
#define FIRST_S    (5 * 60)
#define WIDTH      80
#define NAME_WIDTH 18 /* at least */

/* What stands above the columns: minutes */
static const char *const heads[COLUMNS] = {"T",   "5",   "10",  "20",   "40",   "80",
                                           "160", "320", "640", "1280", "1280+"};

struct row {
    const char *domain; /* in lower case */
    uint64_t counts[COLUMNS];
};

struct queue_shape {
    bool by_sender;
    bool continued; /* the next piece goes on with the same message */
    int64_t now_s;
    struct arena *arena;
    struct hash *by_domain;
    struct row **rows; /* in the order in which they came */
    size_t count, capacity;
    struct row total, others;
};

struct queue_shape *queue_shape_create(bool by_sender, int64_t now_s)
{
    struct queue_shape *shape = mem_new(struct queue_shape);

    shape->by_sender = by_sender;
    shape->now_s = now_s;
    shape->arena = arena_create();
    shape->by_domain = hash_create();
    shape->total.domain = "TOTAL";
    shape->others.domain = "(others)";
    return shape;
}

void queue_shape_free(struct queue_shape **shape)
{
    if (*shape == NULL)
        return;
    hash_free(&(*shape)->by_domain, NULL);
    arena_free(&(*shape)->arena);
    mem_free((*shape)->rows);
    mem_free(*shape);
    *shape = NULL;
}

/* --- counting ------------------------------------------------------------------------------------------ */

static size_t column_of(const struct queue_shape *shape, uint64_t arrival_s)
{
    int64_t age_s = shape->now_s - (int64_t)arrival_s;
    size_t column = 1;

    for (int64_t limit_s = FIRST_S; age_s >= limit_s && column < COLUMNS - 1; limit_s *= 2)
        column++;
    return column;
}

static struct row *add_row(struct queue_shape *shape, const char *domain)
{
    struct row *row;

    if (shape->count == SHAPE_DOMAINS_MAX)
        return &shape->others;
    if (shape->count == shape->capacity) {
        shape->capacity = shape->capacity == 0 ? 64 : shape->capacity * 2;
        shape->rows = mem_resize(shape->rows, shape->capacity, sizeof(struct row *));
    }
    row = arena_new(shape->arena, struct row);
    *row = (struct row){.domain = domain};
    shape->rows[shape->count++] = row;
    (void)hash_put(shape->by_domain, span_text(domain), row);
    return row;
}

/* An address without a domain is its own; the null sender has a name. */
static struct row *find_row(struct queue_shape *shape, const char *address)
{
    const char *at = strrchr(address, '@');
    const char *name = address[0] == '\0' ? "MAILER-DAEMON" : at == NULL ? address : at + 1;
    char *domain = mem_text(name);
    struct row *row;

    for (char *octet = domain; *octet != '\0' && address[0] != '\0'; octet++)
        *octet = to_lower(*octet);
    row = hash_get(shape->by_domain, span_text(domain));
    if (row == NULL)
        row = add_row(shape, arena_copy(shape->arena, domain));
    mem_free(domain);
    return row;
}

static void count(struct queue_shape *shape, const char *address, size_t column)
{
    struct row *row = find_row(shape, address);

    row->counts[0]++;
    row->counts[column]++;
    shape->total.counts[0]++;
    shape->total.counts[column]++;
}

bool queue_shape_take(void *context, const struct listing_entry *piece, struct error *err UNUSED)
{
    struct queue_shape *shape = context;
    size_t column = column_of(shape, piece->arrival_s);
    bool is_first = !shape->continued;

    shape->continued = piece->continued;
    if (shape->by_sender && is_first)
        count(shape, piece->sender, column);
    for (size_t i = 0; !shape->by_sender && i < piece->recipient_count; i++)
        count(shape, piece->recipients[i].address, column);
    return true;
}

/* --- the table ------------------------------------------------------------------------------------------ */

static int compare(const void *left, const void *right)
{
    const struct row *a = *(struct row *const *)left;
    const struct row *b = *(struct row *const *)right;

    if (a->counts[0] != b->counts[0])
        return a->counts[0] > b->counts[0] ? -1 : 1;
    return strcmp(a->domain, b->domain);
}

/* As wide as the longest number and the heading want; what is left is for the domain. */
static int measure(const struct queue_shape *shape, int widths[COLUMNS])
{
    int left = WIDTH;

    for (size_t i = 0; i < COLUMNS; i++) {
        char text[24];
        int len = snprintf(text, sizeof(text), "%" PRIu64, shape->total.counts[i]);
        int head = (int)strlen(heads[i]);

        len = head > len ? head : len;
        widths[i] = len > 2 ? len + 1 : 3;
        left -= widths[i];
    }
    return left < NAME_WIDTH ? NAME_WIDTH : left;
}

/* Of a long name its end counts. */
static void put_name(struct buf *text, const char *name, int width)
{
    int len = (int)strlen(name); /* of a domain or an address */

    if (len > width)
        buf_put_printf(text, "+%s", name + len - width + 1);
    else
        buf_put_printf(text, "%*s", width, name);
}

static void put_row(struct buf *text, const struct row *row, const int widths[COLUMNS],
                    int name_width)
{
    put_name(text, row->domain, name_width);
    for (size_t i = 0; i < COLUMNS; i++)
        buf_put_printf(text, "%*" PRIu64, widths[i], row->counts[i]);
    buf_put_char(text, '\n');
}

void queue_shape_put(struct queue_shape *shape, struct buf *text)
{
    int widths[COLUMNS];
    int name_width = measure(shape, widths);

    put_name(text, "", name_width);
    for (size_t i = 0; i < COLUMNS; i++)
        buf_put_printf(text, "%*s", widths[i], heads[i]);
    buf_put_char(text, '\n');
    put_row(text, &shape->total, widths, name_width);
    if (shape->count > 0)
        qsort(shape->rows, shape->count, sizeof(struct row *), compare);
    for (size_t i = 0; i < shape->count; i++)
        put_row(text, shape->rows[i], widths, name_width);
    if (shape->others.counts[0] > 0)
        put_row(text, &shape->others, widths, name_width);
}
