/*
 * A process that does not come back from one request for daemon_timeout is ended, and master starts
 * another one. Whoever rests (lib/service/service.h) waits for others, and is not stuck.
 */
#include "lib/base/base.h"

#include "lib/service/watchdog.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/process.h"

#include <unistd.h>

#define LAST_WORDS_S 5  /* for the log, which may be what the process is stuck in */
#define PER_SLACK    16 /* the alarm is set anew when this part of the time is over */

static struct {
    unsigned limit_s; /* 0: not started */
    unsigned slack_s;
    int64_t set_ms;
} watchdog;

static void set(void)
{
    (void)alarm(watchdog.limit_s + watchdog.slack_s);
    watchdog.set_ms = clock_monotonic_ms();
}

static void on_alarm(int number UNUSED)
{
    static const struct sigaction die = {.sa_handler = SIG_DFL};

    if (service_process.resting != 0) {
        set();
        return;
    }
    (void)sigaction(SIGALRM, &die, NULL);
    (void)alarm(LAST_WORDS_S);
    log_fatal("watchdog timeout");
}

void watchdog_start(int limit_s)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART | SA_NODEFER};

    if (limit_s <= 0)
        return;
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGALRM, &action, NULL) != 0)
        log_fatal("sigaction: %m");
    watchdog.limit_s = (unsigned)limit_s;
    watchdog.slack_s = watchdog.limit_s / PER_SLACK;
    set();
}

void watchdog_feed(void)
{
    if (watchdog.limit_s != 0 &&
        clock_monotonic_ms() - watchdog.set_ms >= watchdog.slack_s * INT64_C(1000))
        set();
}
