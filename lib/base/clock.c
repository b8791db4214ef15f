/* The two clocks. Both are read without entering the kernel (vDSO). */
#include "lib/base/clock.h"

int64_t clock_monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct timeval clock_wall(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
}
