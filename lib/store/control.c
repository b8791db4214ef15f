/* Files that hold what is known of a mailbox: reading, whatever is there. */
#include "lib/base/base.h"

#include "lib/store/control.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <stdio.h>
#include <sys/random.h>

/* It will not get better: file_read's own refusals, and what open(2) says of things that are no files. */
static bool is_no_such_file(const struct error *err)
{
    return err->kind == ERROR_PERMANENT || err->number == ENXIO;
}

bool control_set_aside(int directory, const char *name, const char *reason)
{
    uint32_t random = 0;
    char *aside;
    bool done;

    (void)!getrandom(&random, sizeof(random), 0);
    aside = mem_printf("%s.damaged.%08" PRIx32, name, random);
    done = renameat2(directory, name, directory, aside, RENAME_NOREPLACE) == 0;
    if (done)
        log_warning("%s: set aside as %s", reason, aside);
    else
        log_warning("%s: cannot be set aside: %s", reason, strerror(errno));
    mem_free(aside);
    return done;
}

bool control_read(int directory, const char *name, struct buf *text, bool *found_r,
                  struct error *err)
{
    struct error reason = {0};

    size_t before = text->len;

    *found_r = file_read(directory, name, text, &reason);
    if (*found_r)
        return true;
    buf_truncate(text, before);
    if (reason.number != ENOENT && is_no_such_file(&reason)) {
        (void)control_set_aside(directory, name, reason.text);
    } else if (reason.number != ENOENT) {
        *err = reason;
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    return true;
}
