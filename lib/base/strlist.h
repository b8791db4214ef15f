/* A growable list of owned texts, and the splitting of configuration values into such lists. */
#ifndef BUZON_LIB_BASE_STRLIST_H
#define BUZON_LIB_BASE_STRLIST_H

#include "lib/base/base.h"

struct strlist {
    char **items;
    size_t count;
    size_t capacity;
};

#define STRLIST_EMPTY ((struct strlist){0})

/* strlist_release - free all texts; the list can be used again. strlist_clear keeps the room for them. */
void strlist_release(struct strlist *list);
void strlist_clear(struct strlist *list);
/* strlist_add, strlist_add_span - a copy at the end */
void strlist_add(struct strlist *list, const char *text);
void strlist_add_span(struct strlist *list, struct span octets);
bool strlist_has(const struct strlist *list, const char *text);
bool strlist_has_nocase(const struct strlist *list, const char *text);
/* strlist_split - add the items of text, separated by any octet of `separators` */
void strlist_split(struct strlist *list, const char *text, const char *separators);
/* strlist_text_has - strlist_split and strlist_has in one: is `item` one of the text's? */
bool strlist_text_has(const char *text, const char *separators, const char *item);
/* strlist_split_config - Postfix's list syntax: commas and white space separate, except inside
 * { }, which stay in the item; PERMANENT when a '}' is missing */
bool strlist_split_config(struct strlist *list, const char *text, struct error *err) MUST_CHECK;

#endif
