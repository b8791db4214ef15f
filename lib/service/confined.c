/* What the rooms below know of the process that they are in (lib/service/service.h): whether it has a chroot before
 * it, which is known before it is entered, and whether it can live without a table. */
#include "lib/base/base.h"

#include "lib/service/process.h"

/* Not of struct service_process: rooms that ask are linked without a daemon, too. */
static bool confined;
static bool needs_tables;

void service_confine(void)
{
    confined = true;
}

bool service_is_confined(void)
{
    return confined;
}

void service_insist_on_tables(bool insists)
{
    needs_tables = insists;
}

bool service_needs_tables(void)
{
    return needs_tables;
}
