/* Feedback (qmgr/feedback.h). */
#include "qmgr/feedback.h"

#include "lib/base/log.h"

/* As Postfix says it; nobody reads this but who knows it from there. feedback: negative when there was none. */
static void log_feedback(const struct destination *destination, const char *what, double feedback,
                         int window_size)
{
    const struct transport *transport = destination->transport;
    const struct window *window = &destination->window;

    if (!transport->limits.logs_feedback)
        return;
    if (feedback >= 0)
        log_info("%s: feedback %g", what, feedback);
    log_info("%s: queue %s: limit %d window %d success %g failure %g fail_cohorts %g", what,
             destination->nexthop, transport->limits.window.maximum, window_size, window->success,
             window->failure, window->failed_cohorts);
}

void feedback_reached(struct destination *destination, int in_flight)
{
    const struct window_limits *limits = &destination->transport->limits.window;
    struct window *window = &destination->window;
    const double feedback = feedback_value(&limits->positive, window->size);
    const bool counts = window_success(window, limits, in_flight);

    log_feedback(destination, "qmgr_queue_unthrottle", counts ? feedback : -1, window->size);
}

bool feedback_unreachable(struct destination *destination)
{
    const struct window_limits *limits = &destination->transport->limits.window;
    struct window *window = &destination->window;
    const double feedback = feedback_value(&limits->negative, window->size);
    const bool dies = window_failure(window, limits);

    log_feedback(destination, "qmgr_queue_throttle", dies ? -1 : feedback, dies ? 0 : window->size);
    return dies;
}
