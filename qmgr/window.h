/*
 * How many deliveries to one destination may run at once: a window that grows while they go well and
 * shrinks when the destination cannot be reached, until it is given up for dead. Source: Postfix
 * SCHEDULER_README and qmgr(8), destination concurrency feedback.
 */
#ifndef BUZON_QMGR_WINDOW_H
#define BUZON_QMGR_WINDOW_H

#include "lib/base/base.h"

/* How much one delivery counts, depending on the window: "1", "0.5", "1/3", "1/concurrency",
 * "1/sqrt_concurrency". */
struct feedback {
    double amount;
    enum { FEEDBACK_CONSTANT, FEEDBACK_CONCURRENCY, FEEDBACK_SQRT_CONCURRENCY } divisor;
};

bool feedback_parse(const char *text, struct feedback *feedback_r) MUST_CHECK;

struct window_limits {
    int initial; /* at least 1 */
    int maximum; /* 0: none */
    struct feedback positive, negative;
    int failed_cohorts; /* so many windows full of failures are death; 0: never dies */
};

struct window {
    int size;
    double success; /* not yet worth another delivery: from 0 to 1 */
    double failure; /* until there is one less: falls from 1 to 0 */
    double failed_cohorts;
};

/* feedback_value - what it comes to with a window of this size */
double feedback_value(const struct feedback *feedback, int size);

struct window window_start(const struct window_limits *limits);
/* window_success - in_flight: deliveries that run, this one included. False: that did not count, because it is large
 * enough. */
bool window_success(struct window *window, const struct window_limits *limits, int in_flight);
/* window_failure - true: the destination is dead */
bool window_failure(struct window *window, const struct window_limits *limits) MUST_CHECK;

#endif
