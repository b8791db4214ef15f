/* Which errors of a delivery stay (lib/delivery/blame.h). */
#include "lib/base/base.h"

#include "lib/delivery/blame.h"

static const int lasting[] = {EACCES, EPERM, EISDIR, ENOTDIR, ELOOP, ENXIO, ENAMETOOLONG};

void blame_settle(struct error *err)
{
    if (err->number == 0)
        return;
    err->kind = ERROR_TEMPORARY;
    for (size_t i = 0; i < ARRAY_LENGTH(lasting); i++)
        if (lasting[i] == err->number)
            err->kind = ERROR_PERMANENT;
}
