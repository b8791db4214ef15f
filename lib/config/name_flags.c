/* See name_flags.h. */
#include "lib/config/name_flags.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"

unsigned name_flags(const struct name_flag *names, const char *list, const char *what)
{
    struct strlist words = STRLIST_EMPTY;
    unsigned flags = 0;

    strlist_split(&words, list, ", \t\r\n");
    for (size_t i = 0; i < words.count; i++) {
        const struct name_flag *found = names;

        while (found->name != NULL && strcasecmp(found->name, words.items[i]) != 0)
            found++;
        flags |= found->flag;
        if (found->name == NULL && what != NULL)
            log_warning("unknown %s value \"%s\" in \"%s\"", what, words.items[i], list);
    }
    strlist_release(&words);
    return flags;
}

void name_flags_put(const struct name_flag *names, unsigned flags, struct buf *out)
{
    for (; names->name != NULL; names++) {
        if ((names->flag & flags) != 0)
            buf_put_printf(out, " %s", names->name);
    }
}
