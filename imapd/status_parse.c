/* The grammar of STATUS's items. */
#include "lib/base/base.h"

#include "imapd/status.h"

/* In the order of the bits of enum status_item. */
static const char *const names[] = {
    "MESSAGES", "RECENT",          "UIDNEXT",     "UIDVALIDITY", "UNSEEN",        "SIZE",
    "DELETED",  "DELETED-STORAGE", "APPENDLIMIT", "MAILBOXID",   "HIGHESTMODSEQ",
};

const char *status_item_name(size_t index)
{
    return index < ARRAY_LENGTH(names) ? names[index] : NULL;
}

static bool take_item(struct cursor *at, unsigned *items)
{
    struct span word;

    if (!parse_atom(at, &word))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (span_equal_text_nocase(word, names[i])) {
            *items |= 1U << i;
            return true;
        }
    }
    return false;
}

bool status_items_parse(struct cursor *at, unsigned *items_r)
{
    *items_r = 0;
    if (!cursor_take(at, '('))
        return false;
    do {
        if (!take_item(at, items_r))
            return false;
    } while (parse_more(at));
    return cursor_take(at, ')');
}
