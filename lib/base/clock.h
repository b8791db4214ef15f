/* Time: monotonic for deadlines, wall clock for dates. */
#ifndef BUZON_LIB_BASE_CLOCK_H
#define BUZON_LIB_BASE_CLOCK_H

#include "lib/base/base.h"

#include <sys/time.h>
#include <time.h>

/* clock_monotonic_ms - milliseconds since an arbitrary start, never going back */
int64_t clock_monotonic_ms(void);
/* clock_wall - date and microseconds, UTC since 1970 */
struct timeval clock_wall(void);
/* clock_ms - seconds as milliseconds; as many as an int holds where they are more */
static inline int clock_ms(int seconds)
{
    return seconds > INT_MAX / 1000 ? INT_MAX : seconds * 1000;
}

#endif
