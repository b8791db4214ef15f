/* Lists of owned texts. */
#include "lib/base/strlist.h"

#include <stdlib.h>

void strlist_release(struct strlist *list)
{
    strlist_clear(list);
    free(list->items);
    *list = STRLIST_EMPTY;
}

void strlist_clear(struct strlist *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    list->count = 0;
}

static void add_owned(struct strlist *list, char *text)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 4 : list->capacity * 2;
        list->items = mem_resize(list->items, list->capacity, sizeof(*list->items));
    }
    list->items[list->count++] = text;
}

void strlist_add(struct strlist *list, const char *text)
{
    add_owned(list, mem_span(span_text(text)));
}

void strlist_add_span(struct strlist *list, struct span octets)
{
    add_owned(list, mem_span(octets));
}

bool strlist_has(const struct strlist *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

bool strlist_has_nocase(const struct strlist *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (span_equal_text_nocase(span_text(list->items[i]), text))
            return true;
    }
    return false;
}

void strlist_split(struct strlist *list, const char *text, const char *separators)
{
    for (;;) {
        size_t len;

        text += strspn(text, separators);
        len = strcspn(text, separators);
        if (len == 0)
            return;
        strlist_add_span(list, span_of(text, len));
        text += len;
    }
}

/* The length of the item at the start of text; separators inside { } are part of it. */
static bool measure_item(const char *text, const char *separators, size_t *len_r)
{
    size_t depth = 0;
    size_t len = 0;

    for (; text[len] != '\0'; len++) {
        if (text[len] == '{')
            depth++;
        else if (text[len] == '}' && depth > 0)
            depth--;
        else if (depth == 0 && strchr(separators, text[len]) != NULL)
            break;
    }
    *len_r = len;
    return depth == 0;
}

bool strlist_split_config(struct strlist *list, const char *text, struct error *err)
{
    static const char separators[] = ", \t\r\n";

    for (;;) {
        size_t len;

        text += strspn(text, separators);
        if (*text == '\0')
            return true;
        if (!measure_item(text, separators, &len)) {
            error_set(err, ERROR_PERMANENT, "missing '}' in \"%s\"", text);
            return false;
        }
        strlist_add_span(list, span_of(text, len));
        text += len;
    }
}

bool strlist_text_has(const char *text, const char *separators, const char *item)
{
    struct strlist items = STRLIST_EMPTY;
    bool has;

    strlist_split(&items, text, separators);
    has = strlist_has(&items, item);
    strlist_release(&items);
    return has;
}
