/* Whether this process has a chroot before it (lib/service/service.h): known before it is entered. */
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
