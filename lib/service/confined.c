/* What the rooms below know of the process that they are in (lib/service/service.h): whether it has a chroot before
 * it, which is known before it is entered, and whether it can live without a table. */
#include "lib/base/base.h"

#include "lib/service/process.h"

static bool confined;

void service_confine(void)
{
    confined = true;
}

bool service_is_confined(void)
{
    return confined;
}

bool service_needs_tables(void)
{
    const struct service *service = service_process.service;

    return service != NULL && !service->opens_for_others &&
           service_process.instance.config->daemon_table_open_error_is_fatal;
}
