/* buzonconf on what this build can do. */
#include "tools/conf/show.h"

#include "lib/map/map.h"

#include <stdlib.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void show_table_types(struct buf *out)
{
    struct strlist names = STRLIST_EMPTY;
    const char *name;

    for (size_t i = 0; (name = map_type_name(i)) != NULL; i++)
        strlist_add(&names, name);
    qsort(names.items, names.count, sizeof(*names.items), compare_names);
    for (size_t i = 0; i < names.count; i++)
        buf_put_printf(out, "%s\n", names.items[i]);
    strlist_release(&names);
}

void show_lock_types(struct buf *out)
{
    buf_put_text(out, "flock\nfcntl\ndotlock\n");
}

/* AUTH is not offered by smtpd and not used by smtp yet: there is nothing to list. */
void show_sasl_server_types(struct buf *out UNUSED)
{
}

void show_sasl_client_types(struct buf *out UNUSED)
{
}
